"""What we send Klaviyo fits its own specification, and a mock server made from it, where they are at hand."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from notifications.models import Message
from oms.connectors.errors import Rejected
from oms.connectors.klaviyo import events
from oms.connectors.klaviyo.client import Klaviyo
from oms.kernel import clock
from tests.notifications.messages import asked, confirmed

Serve = Callable[[str], None]
EVENTS = "derived-prism-safe/events.json"
PROFILES = "derived-prism-safe/profiles.json"
BACK_IN_STOCK = "stable/apis/create_back_in_stock_subscription.json"


def document_at(path: str) -> Path:
    """One of the vendor's documents, in the copy whose schemas compile."""
    folder = os.environ.get("OMS_CONTRACTS", "")
    found = Path(folder) / "klaviyo" / path
    if not folder or not found.exists():
        pytest.skip("OMS_CONTRACTS does not name a folder with Klaviyo's specification.")
    return found


@pytest.fixture
def spec() -> Path:
    """The document of the event calls."""
    return document_at(EVENTS)


def message(kind: str, context: dict[str, Any]) -> Message:
    return Message(
        key=f"{kind}:SO-1:1r1",
        kind=kind,
        recipient="a@example.org",
        subject_ref="SO-1",
        context=context,
        created_at=clock.now(),
    )


MESSAGES = [("confirmation", confirmed()), ("delay_notice", asked())]


@pytest.mark.parametrize(("kind", "context"), MESSAGES)
def test_bodies_fit_the_specification(spec: Path, kind: str, context: dict[str, Any]) -> None:
    document = json.loads(spec.read_text())
    told = message(kind, context)
    made = events.events_of(told)
    job = {"type": "event-bulk-create-job", "attributes": {"events-bulk-create": {"data": []}}}
    job["attributes"]["events-bulk-create"]["data"] = [events.in_bulk(told, made)]  # type: ignore[index]

    for event in made:
        _check(document, "EventCreateQueryV2", {"data": events.single(told, event)})
    _check(document, "EventsBulkCreateJob", {"data": job})


def test_the_specification_refuses_what_is_wrong(spec: Path) -> None:
    document = json.loads(spec.read_text())
    (event, *_) = events.events_of(message(*MESSAGES[0]))
    wrong = events.single(message(*MESSAGES[0]), event)
    del wrong["attributes"]["metric"]

    with pytest.raises(jsonschema.ValidationError):
        _check(document, "EventCreateQueryV2", {"data": wrong})


def _check(document: dict[str, Any], name: str, body: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.validate(body, schema)


@pytest.fixture
def serve(settings: Any) -> Iterator[Serve]:
    """Prism, serving a specification, which our client then talks to."""
    prism = shutil.which("prism")
    if prism is None:
        pytest.skip("There is no Prism on the path.")
    servers: list[subprocess.Popen[bytes]] = []

    def serving(path: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [prism, "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(document_at(path))]
        servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        settings.KLAVIYO_ADDRESS = f"http://127.0.0.1:{port}"
        _wait_for(settings.KLAVIYO_ADDRESS)

    yield serving
    for server in servers:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str) -> None:
    for _ in range(150):
        try:
            httpx.get(address, timeout=1)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail("Prism did not start.")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "context"), MESSAGES)
def test_a_mock_server_takes_what_we_send(serve: Serve, kind: str, context: dict[str, Any]) -> None:
    serve(EVENTS)
    told = message(kind, context)
    made = events.events_of(told)

    with Klaviyo("pk_mock") as klaviyo:
        for event in made:
            klaviyo.create_event(events.single(told, event))
        klaviyo.create_events([events.in_bulk(told, made)])


@pytest.mark.slow
def test_a_mock_server_refuses_what_is_wrong(serve: Serve) -> None:
    serve(EVENTS)

    with Klaviyo("pk_mock") as klaviyo, pytest.raises(Rejected):
        klaviyo.create_event({"type": "event", "attributes": {"properties": {}}})


@pytest.mark.slow
def test_a_mock_server_takes_a_wish_for_what_is_out_of_stock(serve: Serve) -> None:
    serve(BACK_IN_STOCK)

    with Klaviyo("pk_mock") as klaviyo:
        klaviyo.subscribe_back_in_stock(email="a@example.org", variant="$custom:::$default:::CHAIR")
        with pytest.raises(Rejected):
            klaviyo._post("/api/back-in-stock-subscriptions", {"data": {"type": "back-in-stock"}})


@pytest.mark.slow
def test_a_mock_server_takes_a_profile(serve: Serve) -> None:
    serve(PROFILES)

    with Klaviyo("pk_mock") as klaviyo:
        klaviyo.import_profile({"email": "a@example.org", "properties": {"Language": "de"}})
        klaviyo.import_profiles([{"email": "a@example.org"}, {"email": "b@example.org", "locale": "de-DE"}])
