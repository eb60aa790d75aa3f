"""The command that checks causes on worlds where we know what happened."""

from io import StringIO

import pytest
from django.core.management import call_command

from backorders.models import Backorder
from inventory.models import Sku

pytestmark = pytest.mark.django_db


def test_causes_are_tagged_right_and_nothing_stays() -> None:
    out = StringIO()

    try:
        call_command("cause_check", "--seed=7", "--worlds=1", stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())

    last = out.getvalue().splitlines()[-1]
    assert float(last.removesuffix(" %")) >= 95
    assert "Tagged as" in out.getvalue()
    assert not Sku.objects.exists()
    assert not Backorder.objects.exists()
