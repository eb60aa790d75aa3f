"""Backorder runs end to end: check, write, keep against re-plans, abort, fall back, lift."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from backorders import replanning, running
from backorders.models import BackorderRun, Demand, OnException, Peg, Promise, RunLine, RunSku, RunVariant
from inventory.models import KitPart, Supply
from oms.kernel import clock
from oms.kernel.errors import Conflict, InvalidValue, UnknownReference
from oms.orders.models import Channel, PickRequest
from tests.world import ANNA, World, day

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(frozen: clock.Journey) -> World:
    return World()


@pytest.fixture
def shops(world: World) -> Mapping[str, Channel]:
    """A channel per class, so that a segment can name its line."""
    return {name: Channel.objects.create(code=name) for name in "ABCDEF"}


def segment(cls: str, share: str = "", sort: Sequence[str] = (), **filter_: Any) -> dict[str, Any]:
    return {"filter": filter_, "class": cls, "sort": list(sort), "share": share or None}


def run(*segments: dict[str, Any], dry: bool = False, **more: Any) -> BackorderRun:
    started = running.start(raw_segments=list(segments), is_dry=dry, actor=ANNA, **more)
    assert not running.work(started.pk)
    started.refresh_from_db()
    assert started.error == ""
    return started


def lines(done: BackorderRun) -> dict[str, tuple[int, int]]:
    """Units before and after, by channel."""
    rows = RunLine.objects.filter(run=done).order_by("pk")
    return {
        channel: (before, after)
        for channel, before, after in rows.values_list(
            "order_line__order__channel__code", "before_qty", "after_qty"
        )
    }


def claims() -> list[tuple[Any, ...]]:
    return sorted(Peg.objects.values_list("demand_id", "supply_id", "qty"))


CLASSES = {"A": "win", "B": "gain", "C": "improve", "D": "redistribute", "E": "fill", "F": "lose"}
REQUESTED = {"A": 12, "B": 20, "C": 15, "D": 10, "E": 9, "F": 4}
PREVIOUS = {"A": 0, "B": 8, "C": 10, "D": 6, "E": 5, "F": 4}


def _example(world: World, shops: Mapping[str, Channel], supply: int) -> None:
    """The worked example: who has what before, on one purchase of so many units."""
    world(f"po PO-1 DESK {sum(REQUESTED.values())} expected 20 Mar")
    for name, qty in REQUESTED.items():
        world.orders(name, ("DESK", qty), channel=shops[name])
    world.settle()
    source = Supply.objects.get(purchase_line=world.po_line("PO-1"))
    for name, qty in PREVIOUS.items():
        demand = Demand.objects.get(order_line=world.line(name))
        Peg.objects.filter(demand=demand).delete()
        if qty:
            Peg.objects.create(demand=demand, supply=source, qty=qty)
        Demand.objects.filter(pk=demand.pk).update(pegged_qty=qty)
    Supply.objects.filter(pk=source.pk).update(quantity=supply, pegged_qty=sum(PREVIOUS.values()))


@pytest.mark.parametrize(
    ("supply", "given"),
    [(60, (12, 20, 15, 10, 3, 0)), (45, (12, 20, 13, 0, 0, 0))],
)
def test_the_worked_example_is_written_to_the_unit(
    world: World, shops: Mapping[str, Channel], supply: int, given: tuple[int, ...]
) -> None:
    _example(world, shops, supply)

    done = run(*[segment(cls, channel=name) for name, cls in CLASSES.items()])

    assert done.state == BackorderRun.State.DONE
    assert lines(done) == {name: (PREVIOUS[name], qty) for name, qty in zip(CLASSES, given, strict=True)}
    for name, qty in zip(CLASSES, given, strict=True):
        assert Demand.objects.get(order_line=world.line(name)).pegged_qty == qty


def test_running_again_and_planning_again_change_nothing(world: World, shops: Mapping[str, Channel]) -> None:
    _example(world, shops, 60)
    asked = [segment(cls, channel=name) for name, cls in CLASSES.items()]
    run(*asked)
    before, promises = claims(), Promise.objects.count()

    again = run(*asked)
    replanning.mark(sku_ids=[world.sku("DESK").pk], cause="replan")
    world.settle()

    assert claims() == before
    assert Promise.objects.count() == promises
    assert again.figures["churn"] == 0
    assert again.figures["gain"]["lines"] == again.figures["lose"]["lines"] == 0


def test_a_dry_run_writes_nothing_but_its_result(world: World, shops: Mapping[str, Channel]) -> None:
    _example(world, shops, 60)
    before = claims()
    promises = list(Promise.objects.order_by("pk").values())
    demands = list(Demand.objects.order_by("pk").values())

    done = run(*[segment(cls, channel=name) for name, cls in CLASSES.items()], dry=True)

    assert lines(done)["F"] == (4, 0)
    assert claims() == before
    assert list(Promise.objects.order_by("pk").values()) == promises
    assert list(Demand.objects.order_by("pk").values()) == demands
    assert RunSku.objects.get(run=done).outcome == RunSku.Outcome.CHECKED


def test_a_broken_guarantee_aborts_and_keeps_everything(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 10 expected 20 Mar")
    world.orders("a", ("DESK", 8), channel=shops["A"])
    world.orders("b", ("DESK", 2), channel=shops["B"])
    world("po PO-2 DESK 5 expected 1 Jun")
    world.orders("f", ("DESK", 5), channel=shops["F"])
    # A promise of June cannot be won by March when all of March is skipped.
    Demand.objects.filter(order_line=world.line("f")).update(
        promised_on=day("25 Mar"), first_promise_on=day("25 Mar")
    )
    before = claims()

    done = run(segment("skip", channel=["A", "B"]), segment("win", channel="F"))

    assert done.state == BackorderRun.State.ABORTED
    assert done.figures["exceptions"] == 1
    assert claims() == before
    row = RunLine.objects.get(run=done, order_line=world.line("f"))
    assert (row.owed_qty, row.before_qty, row.after_qty) == (5, 5, 5)


def test_a_named_variant_is_fallen_back_to(world: World, shops: Mapping[str, Channel]) -> None:
    _example(world, shops, 45)
    Supply.objects.filter(purchase_line=world.po_line("PO-1")).update(quantity=33)
    soft = RunVariant.objects.create(
        name="soft", segments=[segment("improve", channel="A"), segment("improve", channel="B")]
    )
    Demand.objects.filter(order_line=world.line("A")).update(open_qty=40)

    done = run(segment("win", channel="A"), on_exception=OnException.FALLBACK, fallback=soft)

    assert done.state == BackorderRun.State.DONE
    assert done.figures["fell_back"] == 1
    assert RunSku.objects.get(run=done).is_fallback


def test_the_loser_is_told_why_and_to_whom(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 5 expected 20 Mar\npo PO-2 DESK 5 expected 20 Apr")
    world.orders("old", ("DESK", 5), channel=shops["F"])
    world.orders("vip", ("DESK", 5), channel=shops["A"])
    assert world.pegs("old") == [("PO-1", 5)]

    done = run(segment("improve", channel="A"), segment("redistribute", channel="F"))

    assert world.pegs("vip") == [("PO-1", 5)]
    assert world.pegs("old") == [("PO-2", 5)]
    told = world.promise("old")
    assert (told.cause, told.basis["run"], told.made_by) == ("backorder_run", done.pk, "user:anna")
    assert told.basis["lost_to"] == [world.line("vip").pk]
    assert told.ships_latest == day("20 Apr")
    row = RunLine.objects.get(run=done, order_line=world.line("old"))
    assert row.lost_to == [{"line": world.line("vip").pk, "qty": 5}]
    assert row.breaks_promise
    assert world.open_case("old") is not None
    assert done.figures["promises_broken"] == 1
    replanning.mark(sku_ids=[world.sku("DESK").pk], cause="replan")
    world.settle()
    assert world.open_case("old") is not None
    assert world.books_balance()


def test_what_a_loser_lost_is_free_for_newcomers_and_stays_lost(
    world: World, shops: Mapping[str, Channel]
) -> None:
    world("stock DESK 0\npo PO-1 DESK 5 expected 20 Mar")
    world.orders("old", ("DESK", 5), channel=shops["F"])

    run(segment("lose", channel="F"))
    replanning.mark(sku_ids=[world.sku("DESK").pk], cause="replan")
    world.settle()
    assert world.pegs("old") == []
    assert world.promised("old") is None
    assert world.open_case("old") is not None

    world.orders("new", ("DESK", 5), channel=shops["A"])

    assert world.pegs("new") == [("PO-1", 5)]
    assert world.books_balance()


def test_more_supply_ends_a_denial(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 5 expected 20 Mar")
    world.orders("old", ("DESK", 5), channel=shops["F"])
    run(segment("lose", channel="F"))

    world("po PO-2 DESK 1 expected 30 Apr")
    world.settle()

    assert world.pegs("old") == [("PO-1", 5)]


def test_a_lifted_run_lets_the_queue_decide_again(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 5 expected 20 Mar\npo PO-2 DESK 5 expected 20 Apr")
    world.orders("old", ("DESK", 5), channel=shops["F"])
    done = run(segment("lose", channel="F"))

    assert running.lift(run_id=done.pk) == 1
    world.settle()

    assert world.pegs("old") == [("PO-1", 5)]
    done.refresh_from_db()
    assert done.lifted_at == clock.now()


def test_a_dry_run_cannot_be_lifted(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 5 expected 20 Mar")
    world.orders("old", ("DESK", 5), channel=shops["F"])
    done = run(segment("lose", channel="F"), dry=True)

    with pytest.raises(Conflict):
        running.lift(run_id=done.pk)


def test_a_seat_falls_when_its_supply_slips(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 5 expected 20 Mar\npo PO-2 DESK 5 expected 25 Mar")
    world.orders("old", ("DESK", 5), channel=shops["F"])
    run(segment("improve", channel="F"))
    assert world.pegs("old") == [("PO-1", 5)]

    world.slips("PO-1", to="30 May")
    world.settle()

    assert world.pegs("old") == [("PO-2", 5)]


def test_goods_with_the_warehouse_stay_and_allocated_ones_may_move(
    world: World, shops: Mapping[str, Channel]
) -> None:
    world("stock DESK 8")
    world.orders("a", ("DESK", 4), channel=shops["A"])
    world.orders("b", ("DESK", 4), channel=shops["B"])
    world("po PO-1 DESK 8 expected 20 Mar")
    world.orders("vip", ("DESK", 4), channel=shops["C"])
    Demand.objects.filter(order_line=world.line("a")).update(released_qty=4)
    Peg.objects.filter(demand__order_line=world.line("a")).update(released_qty=4)

    run(segment("improve", channel="C"), segment("redistribute", channel=["A", "B"]))

    assert world.pegs("a") == [("stock", 4)]
    assert world.pegs("vip") == [("stock", 4)]
    assert world.pegs("b") == [("PO-1", 4)]
    backorder = world.backorder("b")
    assert backorder is not None
    assert backorder.closed_at is None
    assert not PickRequest.objects.exists()


def test_equals_share_fairly(world: World, shops: Mapping[str, Channel]) -> None:
    world("po PO-1 DESK 87 expected 20 Mar")
    for name, qty in zip("ABCD", (33, 33, 12, 9), strict=True):
        world.orders(name, ("DESK", qty), channel=shops[name])
    world.cuts("PO-1", to=50)
    world.settle()

    done = run(segment("redistribute", share="proportional"))
    world.settle()

    assert {name: after for name, (_, after) in lines(done).items()} == {"A": 19, "B": 19, "C": 7, "D": 5}
    assert [sum(qty for _, qty in world.pegs(name)) for name in "ABCD"] == [19, 19, 7, 5]


@pytest.mark.parametrize(
    ("segments", "field"),
    [
        ([], "segments"),
        ([{"class": "best"}], "segments[0].class"),
        ([{"filter": {"colour": "red"}}], "segments[0].filter.colour"),
        ([{"sort": ["luck"]}], "segments[0].sort"),
        ([{}, {"share": "all"}], "segments[1].share"),
        ([{"filter": {"age": -1}}], "segments[0].filter.age"),
        ([{"filter": {"cause": "bad luck"}}], "segments[0].filter.cause"),
        ([{"klass": "win"}], "segments[0].klass"),
    ],
)
def test_a_segment_that_cannot_be_is_refused_by_field(
    world: World, segments: list[dict[str, Any]], field: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        running.start(raw_segments=segments, actor=ANNA)

    assert refused.value.field == field
    assert not BackorderRun.objects.exists()


def test_a_code_nobody_knows_is_refused_by_field(world: World) -> None:
    with pytest.raises(UnknownReference) as refused:
        running.start(raw_segments=[segment("win", sku=["NOPE"])], actor=ANNA)

    assert refused.value.field == "segments[0].filter.sku"


def test_parts_of_a_kit_are_skipped_still_consume_and_the_result_says_so(
    world: World, shops: Mapping[str, Channel]
) -> None:
    for code in ("LEG", "TOP"):
        KitPart.objects.create(kit=world.sku("SET"), component=world.sku(code), qty=1)
    world("""
        po PO-1 LEG 8 expected 12 Mar
        po PO-2 TOP 5 expected 12 Mar
    """)
    world.orders("KIT", ("SET", 5), channel=shops["A"])
    world.orders("PLAIN", ("LEG", 3), channel=shops["B"])
    before = claims()

    done = run(segment("lose", channel="A"), segment("win", channel="B"), segment("skip"))

    # Told to lose, the kit keeps its legs and tops; the plain line gets what they leave.
    assert claims() == before
    rows = RunLine.objects.filter(run=done, order_line=world.line("KIT")).select_related("order_line", "sku")
    assert {
        (row.sku.code, row.run_class, row.before_qty, row.after_qty, row.is_kit_part) for row in rows
    } == {
        ("LEG", "skip", 5, 5, True),
        ("TOP", "skip", 5, 5, True),
    }
    assert (done.figures["kit_parts"], done.figures["classes"]["skip"]["lines"]) == (2, 2)
    assert RunLine.objects.get(order_line=world.line("PLAIN")).is_kit_part is False
    assert Demand.objects.filter(denied_qty__gt=0).count() == 0
    assert world.books_balance()
