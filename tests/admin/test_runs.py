"""The planner's page, runs with their figures and buttons, saved variants."""

from typing import Any

import pytest
from django.urls import reverse

from backorders.models import BackorderRun, Peg, RunVariant
from oms.groups import BUYER, READ_ONLY
from oms.kernel import clock
from oms.orders.models import Channel
from tests.admin.conftest import Desk, Hire, address, refusal
from tests.factories import RunLineFactory, RunSkuFactory
from tests.world import World

PLAN = "/admin/backorders/backorderrun/plan/"


def _body(*segments: dict[str, Any], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"segments": len(segments), "on_exception": "abort", "preview": "1", **more}
    for number, segment in enumerate(segments):
        body |= {f"s{number}-{name}": value for name, value in {"cls": "improve", **segment}.items()}
    return body


@pytest.fixture
def waiting(world: World) -> World:
    """An old line on the early purchase, one of a VIP channel on the late one."""
    vip = Channel.objects.create(code="VIP")
    world("po PO-1 DESK 5 expected 20 Mar\npo PO-2 DESK 5 expected 20 Apr")
    world.orders("old", ("DESK", 5))
    world.orders("vip", ("DESK", 5), channel=vip)
    return world


ASKED = ({"channel": "VIP"}, {"cls": "redistribute", "sort": "-age"})


def test_a_plan_is_previewed_then_written(waiting: World, desk: Desk) -> None:
    before = list(Peg.objects.order_by("pk").values())
    seen = desk.client.post(PLAN, _body(*ASKED), follow=True)

    page = seen.content.decode()
    dry = BackorderRun.objects.get()
    assert (dry.is_dry, dry.state) == (True, "done")
    assert "1 line, 31 days in all" in page
    assert "promise broken" in page
    assert "Nothing is written yet." in page
    assert list(Peg.objects.order_by("pk").values()) == before
    assert desk.offers(dry) == ["write", "save"]

    desk.presses(dry, "write")

    written = BackorderRun.objects.get(is_dry=False)
    assert (written.state, written.created_by) == ("done", "user:anna")
    assert waiting.pegs("vip") == [("PO-1", 5)]
    assert desk.offers(written) == ["save", "lift"]


def test_segments_are_added_and_dropped_with_what_was_typed(waiting: World, desk: Desk) -> None:
    more = desk.client.post(PLAN, _body(*ASKED, add="1"))
    less = desk.client.post(PLAN, _body(*ASKED, drop="0"))

    assert [form["cls"].value() for form in more.context["segments"]] == [
        "improve",
        "redistribute",
        "redistribute",
    ]
    assert more.context["segments"][0]["channel"].value() == "VIP"
    assert [form["cls"].value() for form in less.context["segments"]] == ["redistribute"]
    assert not BackorderRun.objects.exists()


def test_what_cannot_be_is_said_at_its_field(waiting: World, desk: Desk) -> None:
    seen = desk.client.post(PLAN, _body({"channel": "VIP"}, {"sku": "NOPE"}))
    lacking = desk.client.post(PLAN, _body({}, on_exception="fallback"))

    assert seen.context["segments"][1].errors == {"sku": ["There is no sku 'NOPE'."]}
    assert lacking.context["plan"].errors == {"fallback": ["Name the variant to fall back to."]}
    assert not BackorderRun.objects.exists()


def test_a_plan_is_saved_under_a_name_and_started_from(waiting: World, desk: Desk) -> None:
    body = _body(*ASKED, save_as="VIP first", save="1")
    del body["preview"]
    desk.client.post(PLAN, body)

    variant = RunVariant.objects.get()
    assert (variant.name, len(variant.segments)) == ("VIP first", 2)
    again = desk.client.get(f"{PLAN}?variant={variant.pk}")
    assert again.context["segments"][0]["channel"].value() == "VIP"
    assert "VIP: improve" in desk.page(variant).content.decode()
    desk.client.post(PLAN, body)
    variant.refresh_from_db()
    assert (RunVariant.objects.count(), variant.version) == (1, 2)

    desk.presses(variant, "preview")
    assert BackorderRun.objects.get().variant == variant


def test_a_run_is_saved_as_a_variant_once(waiting: World, desk: Desk) -> None:
    desk.client.post(PLAN, _body(*ASKED))
    run = BackorderRun.objects.get()
    desk.presses(run, "save", name="night", is_nightly="on")

    assert RunVariant.objects.get().is_nightly
    assert "There is a variant of this name" in refusal(desk.presses(run, "save", name="night"))


def test_a_written_run_is_lifted_once(waiting: World, desk: Desk) -> None:
    desk.client.post(PLAN, _body(*ASKED))
    desk.presses(BackorderRun.objects.get(), "write")
    written = BackorderRun.objects.get(is_dry=False)

    desk.presses(written, "lift")

    written.refresh_from_db()
    assert written.lifted_at is not None
    assert "lift" not in desk.offers(written)


def test_a_variant_is_edited_as_json_and_refused_when_wrong(waiting: World, desk: Desk) -> None:
    variant = RunVariant.objects.create(name="v", segments=[{"filter": {}, "class": "skip"}])
    bad: Any = desk.saves(variant, name="v", segments='[{"class": "best"}]', on_exception="abort", why="try")
    assert "segments[0].class" in str(bad.context["adminform"].form.errors)

    desk.saves(variant, name="v", segments='[{"class": "win"}]', on_exception="abort", why="VIPs must win")

    variant.refresh_from_db()
    assert variant.segments == [{"filter": {}, "class": "win", "sort": [], "share": None}]
    assert variant.history.latest().history_change_reason == "VIPs must win"


def test_only_planners_plan(waiting: World, hire: Hire) -> None:
    reader, buyer = hire(READ_ONLY), hire(BUYER)

    assert reader.client.get(PLAN).status_code == 403
    assert reader.client.post(PLAN, _body(*ASKED)).status_code == 403
    assert "Plan a run" not in reader.rows(BackorderRun).content.decode()
    assert not BackorderRun.objects.exists()
    assert buyer.client.get(PLAN).status_code == 200
    assert PLAN in buyer.rows(BackorderRun).content.decode()
    assert reverse("admin:backorders_backorderrun_plan") == PLAN


def test_lines_of_one_run_are_listed(desk: Desk, frozen: clock.Journey) -> None:
    line, other = RunLineFactory.create(), RunLineFactory.create()
    RunSkuFactory.create(run=line.run, sku=line.sku)

    page = desk.client.get(
        f"{address(type(line), 'changelist')}?run__id__exact={line.run_id}"
    ).content.decode()

    assert str(line.order_line) in page
    assert str(other.order_line) not in page
