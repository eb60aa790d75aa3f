"""The law in the admin: sources at hand, edits kept in history, deadlines that need a person."""

from typing import Any

from django.utils.html import escape

from backorders import shipped_law
from backorders.models import Deadline, DelayPolicy
from tests.admin.conftest import Desk
from tests.factories import DeadlineFactory

ROW: dict[str, Any] = {
    "name": "US: mail order",
    "source": "https://law.example/",
    "country": "us",
    "clock": "ship",
    "default_days": 20,
    "is_lapsing": "on",
    "withdrawal_days": 0,
    "uninformed_months": 0,
    "refund_count": "working",
    "keep_record_years": 6,
    "is_active": "on",
    "why": "Counsel said so",
}


def test_every_row_links_its_source_and_says_it_is_no_advice(desk: Desk, db: None) -> None:
    shipped_law.add_missing()

    told = desk.rows(DelayPolicy).content.decode()

    assert "Not legal advice" in told
    for row in DelayPolicy.objects.all():
        assert escape(row.source) in told


def test_an_edited_row_is_a_version_with_a_why(desk: Desk, db: None) -> None:
    shipped_law.add_missing()
    row = DelayPolicy.objects.get(code="us-mail-order")

    desk.saves(row, **ROW)

    row.refresh_from_db()
    assert (row.default_days, row.country, row.version, row.code) == (20, "US", 2, "us-mail-order")
    assert row.history.first().history_change_reason == "Counsel said so"


def test_what_cannot_be_meant_is_refused(desk: Desk, db: None) -> None:
    shipped_law.add_missing()
    row = DelayPolicy.objects.get(code="us-mail-order")

    for wrong in ({"default_days": ""}, {"country": "usa"}, {"country": "", "state": "CA"}, {"source": "x"}):
        desk.saves(row, **{**ROW, **wrong})

    row.refresh_from_db()
    assert row.version == 1


def test_a_blocked_deadline_is_work_for_a_person(desk: Desk, db: None) -> None:
    blocked = DeadlineFactory.create(blocked_because="notice_due")
    calm = DeadlineFactory.create()

    told = desk.rows(Deadline, "due=person").content.decode()

    assert str(blocked.order_line) in told
    assert str(calm.order_line) not in told
    assert "no notice reached them" in told
