"""The rows of law we ship: added once, never over what people edited or removed."""

from io import StringIO

import pytest
from django.core.management import call_command

from backorders import rulebook, shipped_law
from backorders.models import DelayPolicy
from backorders.rules import law

pytestmark = pytest.mark.django_db


def test_each_shipped_row_says_what_the_rule_says() -> None:
    added = shipped_law.add_missing()

    assert added == list(shipped_law.SHIPPED)
    rows = {row.pk: code for row in DelayPolicy.objects.all() for code in [row.code]}
    for kept in rulebook.current().law:
        _, rule = shipped_law.SHIPPED[rows[kept.id]]
        same = {name: getattr(kept, name) for name in rule.__dataclass_fields__}
        same |= {"id": rule.id, "keep_record_years": rule.keep_record_years}
        assert law.DelayPolicy(**same) == rule


def test_what_people_edited_or_removed_stays_so() -> None:
    shipped_law.add_missing()
    edited = DelayPolicy.objects.get(code="us-mail-order")
    edited.default_days = 20
    edited.save()
    DelayPolicy.objects.get(code="default").delete()
    told = StringIO()

    call_command("sync_policies", stdout=told)

    assert told.getvalue().strip() == "0 rows of law added: none"
    edited.refresh_from_db()
    assert (edited.default_days, edited.version) == (20, 2)
    assert not DelayPolicy.objects.filter(code="default").exists()


def test_a_row_switched_off_does_not_speak() -> None:
    shipped_law.add_missing()
    DelayPolicy.objects.exclude(code="default").update(is_active=False)

    [row] = rulebook.current().law

    assert (row.country, row.default_days) == ("", 30)
