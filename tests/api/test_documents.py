"""openapi.json and /api/docs/: the contract as it is served."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from oms.api import access, documents
from oms.api.models import ApiClient
from tests.api.conftest import Client, Shop

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_the_one_served() -> None:
    served = Browser().get("/api/v1/openapi.json").content.decode()

    assert json.loads(served) == json.loads(COMMITTED.read_text()), "run: make openapi"
    assert served == COMMITTED.read_text()


def test_every_operation_is_described_and_secured() -> None:
    document = documents.document()

    operations = [o for address in document["paths"].values() for o in address.values()]
    assert document["openapi"].startswith("3.1")
    assert all(o["description"] and o["tags"] for o in operations)
    assert all(o["security"] == [{"clientKey": []}] for o in operations)
    assert len({o["operationId"] for o in operations}) == len(operations)


def test_the_docs_need_no_foreign_host() -> None:
    page = Browser().get("/api/docs/").content.decode()

    assert "/api/v1/openapi.json" in page
    assert "http://" not in page and "https://" not in page and "cdn" not in page.lower()


def test_a_client_is_made_with_its_key_on_the_last_line(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_client", "shop", "--scope", "orders,read", "--scope", "service")

    key = capsys.readouterr().out.splitlines()[-1]
    client = ApiClient.objects.get()
    assert (client.name, client.scopes) == ("shop", ["read", "orders", "service"])
    assert (client.key_hash, client.key_prefix) == (access.hash_of(key), key[:12])
    assert Client(HTTP_AUTHORIZATION=f"Bearer {key}").get("skus/").status_code == 200


def test_a_client_may_be_bound_and_its_key_replaced(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_client", "wms", "--scope", "warehouse", "--location", "BER", "--channel", "WEB")
    old = capsys.readouterr().out.splitlines()[-1]

    call_command("create_client", "wms", "--scope", "*", "--replace")

    client = ApiClient.objects.get(name="wms")
    assert (client.scopes, client.location, client.channel) == (["admin"], None, None)
    assert client.key_hash != access.hash_of(old)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["all", "--scope", "read"], "already"),
        (["new", "--scope", "everything"], "Unknown scope"),
        (["new", "--scope", ","], "at least one"),
        (["new", "--scope", "read", "--channel", "NONE"], "no channel NONE"),
        (["new", "--scope", "read", "--location", "NONE"], "no location NONE"),
    ],
)
def test_a_bad_client_is_refused(shop: Shop, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_client", *arguments)

    assert ApiClient.objects.count() == 1
