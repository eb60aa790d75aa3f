"""Selections: drawn up, asked once for all, done row by row, stopped, and seen by whose they are."""

from typing import Any

import pytest
from django.db.models import Model

from backorders.models import Backorder
from notifications.models import Message
from oms.api import batches, bulk_jobs, deeds
from oms.api.models import BulkJob, BulkRow
from oms.groups import MANAGER, READ_ONLY, SERVICE, WAREHOUSE
from oms.kernel.admin import paging
from oms.kernel.errors import DomainError
from oms.orders.models import Cancellation, Order, OrderLine, PickRequest, Shipment
from tests.admin.conftest import Desk, Hire, address, refusal
from tests.factories import BulkJobFactory, MessageFactory, OrderFactory
from tests.world import World

pytestmark = pytest.mark.django_db
WAIT = """
    po      PO-7   CHAIR   10   expected 12 May
    order   SO-1   CHAIR    2
    order   SO-2   CHAIR    3
    order   SO-3   CHAIR    4
"""


def selects(desk: Desk, model: type[Model], slug: str, rows: Any, query: str = "", **more: Any) -> Any:
    """Tick rows of a list and choose what to do with them."""
    data = {"action": slug, "_selected_action": [row.pk for row in rows], **more}
    return desk.client.post(f"{address(model, 'changelist')}?{query}", data)


def states() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("state", flat=True))


def test_a_selection_is_asked_once_and_done_row_by_row(world: World, desk: Desk) -> None:
    world(WAIT)
    first, second, _ = OrderLine.objects.order_by("pk")

    answer = selects(desk, OrderLine, "cancel-rest", [first, second])

    job = BulkJob.objects.get()
    assert answer["Location"] == address(BulkJob, "change", job.pk)
    assert (str(job), job.state, job.total) == ("Cancel what is open: 2 order lines", "checked", 2)
    assert not Cancellation.objects.exists()
    assert desk.offers(job) == ["start", "stop"]

    desk.presses(job, "start", cause="discontinued", note="No more chairs")

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("done", 2, 0)
    done = Cancellation.objects.order_by("pk").values_list("line", "qty", "cause", "note", "by")
    assert list(done) == [
        (first.pk, 2, "discontinued", "No more chairs", "user:anna"),
        (second.pk, 3, "discontinued", "No more chairs", "user:anna"),
    ]
    assert "2 units of" in desk.page(job).content.decode()


def test_what_is_asked_is_checked_before_anything_is_done(world: World, desk: Desk) -> None:
    world(WAIT)
    selects(desk, OrderLine, "cancel-rest", OrderLine.objects.all())

    answer = desk.presses(BulkJob.objects.get(), "start", cause="because")

    assert "Select a valid choice" in refusal(answer)
    assert BulkJob.objects.get().state == "checked"
    assert not Cancellation.objects.exists()


def test_all_that_match_are_taken_however_many_are_counted(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED_AT_MOST", 2)
    world(WAIT)
    some = Backorder.objects.all()[:1]

    page = desk.rows(Backorder, "is_open=yes").content.decode()
    selects(desk, Backorder, "cancel-rest", some, "is_open=yes", select_across="1")

    assert "Select all that match" in page
    assert BulkJob.objects.get().total == 3


def test_a_refused_row_stops_no_other(world: World, desk: Desk) -> None:
    world(WAIT)
    first, second, third = Order.objects.order_by("pk")
    desk.presses(second, "cancel", cause="fraud")
    selects(desk, Order, "hold", [first, second, third])

    desk.presses(BulkJob.objects.get(), "start", cause="fraud")

    job = BulkJob.objects.get()
    assert (job.state, job.done, job.failed) == ("done", 3, 1)
    assert states() == ["held", "cancelled", "held"]
    refused: Any = BulkRow.objects.get(status__gte=400).answer
    assert refused["error"]["code"] == "not_now"


def test_a_killed_worker_does_no_row_twice(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world(WAIT)
    monkeypatch.setattr(batches, "PATIENCE", -1.0)
    selects(desk, OrderLine, "cancel-rest", OrderLine.objects.all())
    job = BulkJob.objects.get()
    desk.presses(job, "start", cause="discontinued")
    assert Cancellation.objects.count() == 1
    # The second row's effect is lost with its answer: they are one transaction.
    real = bulk_jobs._note

    def killed(row: BulkRow, answer: Any) -> None:
        real(row, answer)
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk_jobs, "_note", killed)
    with pytest.raises(KeyboardInterrupt):
        bulk_jobs.run(job.pk)
    monkeypatch.setattr(bulk_jobs, "_note", real)

    assert Cancellation.objects.count() == 1
    assert bulk_jobs.unfinished() == [job.pk]
    bulk_jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("done", 3, 0)
    assert Cancellation.objects.count() == 3


def test_a_stopped_job_does_no_further_row(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world(WAIT)
    monkeypatch.setattr(batches, "PATIENCE", -1.0)
    selects(desk, OrderLine, "cancel-rest", OrderLine.objects.all())
    job = BulkJob.objects.get()
    desk.presses(job, "start", cause="discontinued")

    desk.presses(job, "stop")

    assert bulk_jobs.run(job.pk) is False
    job.refresh_from_db()
    assert (job.state, job.done) == ("stopped", 1)
    assert Cancellation.objects.count() == 1
    assert bulk_jobs.unfinished() == []
    with pytest.raises(DomainError, match="started or stopped meanwhile"):
        batches.stop(job_id=job.pk)


def test_a_job_is_started_once(world: World, desk: Desk) -> None:
    world(WAIT)
    selects(desk, OrderLine, "cancel-rest", OrderLine.objects.all()[:1])
    job = BulkJob.objects.get()
    desk.presses(job, "start", cause="discontinued")

    with pytest.raises(DomainError, match="started or stopped meanwhile"):
        batches.start(job_id=job.pk)

    assert Cancellation.objects.count() == 1


def test_picked_goods_are_shipped_together(world: World, desk: Desk) -> None:
    world("""
        stock   CHAIR   5
        order   SO-1    CHAIR   2
        order   SO-2    CHAIR   3
    """)
    world.settle()
    selects(desk, PickRequest, "ship-whole", PickRequest.objects.all())

    desk.presses(BulkJob.objects.get(), "start", carrier="DHL")

    assert list(Shipment.objects.values_list("carrier", flat=True)) == ["DHL", "DHL"]
    assert states() == ["closed", "closed"]


def test_nobody_starts_or_sees_the_job_of_another(hire: Hire, world: World) -> None:
    world(WAIT)
    service, warehouse, manager = hire(SERVICE), hire(WAREHOUSE), hire(MANAGER)
    selects(service, Order, "hold", Order.objects.all())
    job = BulkJob.objects.get()

    assert warehouse.page(job).status_code == 302
    assert warehouse.client.get(f"/admin/api/bulkjob/{job.pk}/results.csv").status_code == 404
    assert manager.page(job).status_code == 200
    assert manager.offers(job) == []
    assert manager.presses(job, "start", cause="fraud").status_code == 403
    assert service.rows(BulkJob).status_code == 200
    assert states() == ["accepted"] * 3
    assert BulkJob.objects.get().state == "checked"


def test_who_lost_the_right_meanwhile_does_nothing(hire: Hire, world: World) -> None:
    world(WAIT)
    service = hire(SERVICE)
    selects(service, Order, "hold", Order.objects.all())
    job = BulkJob.objects.get()
    person = deeds.person_of(job)
    person.groups.clear()

    assert service.presses(job, "start", cause="fraud").status_code == 403
    job.refresh_from_db()
    BulkJob.objects.update(state="queued", args={"cause": "fraud"})
    bulk_jobs.run(job.pk)

    assert set(BulkRow.objects.values_list("status", flat=True)) == {403}
    assert states() == ["accepted"] * 3


def test_who_may_only_look_is_offered_no_action(hire: Hire) -> None:
    order = OrderFactory.create()

    hire(READ_ONLY).client.post(
        address(Order, "changelist"), {"action": "hold", "_selected_action": [order.pk]}
    )

    assert not BulkJob.objects.exists()


def test_too_many_are_refused_and_nothing_is_drawn_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_SELECTED", 2)
    rows = MessageFactory.create_batch(3, state="failed")

    selects(desk, Message, "send_all_again", rows)

    assert not BulkJob.objects.exists()


def test_a_job_drawn_up_and_forgotten_goes_after_a_week(desk: Desk) -> None:
    made = MessageFactory.create(state="failed")
    selects(desk, Message, "send_all_again", [made])
    job = BulkJob.objects.get()
    done = BulkJobFactory.create(state="done")

    bulk_jobs.forget_drafts(before=job.created_at)
    assert BulkJob.objects.count() == 2
    bulk_jobs.forget_drafts(before=job.created_at.replace(year=2100))

    assert list(BulkJob.objects.all()) == [done]
