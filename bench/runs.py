"""A dry backorder run over 100,000 lines of 5,000 SKUs: seconds, and the peak memory of its process."""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django
from rich.console import Console

from bench.stack import Stack, running
from deploy import local

SKUS = 5_000
LINES_PER_SKU = 20
SUPPLIES_PER_SKU = 4
MOST_MEGABYTES = 500
AT_ONCE = 250
SEGMENTS: list[dict[str, Any]] = [
    {"filter": {"channel": "VIP"}, "class": "gain", "sort": ["-value"]},
    {"filter": {"region": "EU"}, "class": "improve", "sort": ["-age"]},
    {"filter": {}, "class": "redistribute", "share": "proportional"},
]


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if the run failed, moved a claim, or took too much memory."""
    console = Console(width=150)
    with running() as stack:
        _child(stack, "seed")
        found = _child(stack, "run")
    console.print(
        f"dry run over {found['lines']:,} lines of {found['skus']:,} SKUs: {found['seconds']:.1f} s, "
        f"{found['lines'] / found['seconds']:,.0f} lines/s, peak memory {found['megabytes']:.0f} MB, "
        f"{found['gaining']:,} lines gain, {found['losing']:,} lose, state {found['state']}"
    )
    well = found["state"] == "done" and found["lines"] == SKUS * LINES_PER_SKU
    return 0 if well and found["is_untouched"] and found["megabytes"] < MOST_MEGABYTES else 1


def _child(stack: Stack, what: str) -> dict[str, Any]:
    """Do it in a process of its own, whose memory is nobody else's."""
    env = {**os.environ, "DATABASE_URL": stack.database_url, "DJANGO_SETTINGS_MODULE": "oms.settings"}
    # Its own broker in memory: the stack's worker shall not take the run over.
    env |= {"OMS_RUN_DIR": str(stack.folder), "SECRET_KEY": "only-for-measuring-" + "x" * 40}
    env |= {"BROKER_URL": "memory://"}
    told = subprocess.run(
        [sys.executable, "-m", "bench.runs", what], cwd=local.ROOT, env=env, check=True, capture_output=True
    )
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def seed() -> dict[str, Any]:
    """SKUs with purchases for four fifths of what their lines want, claimed in the order of acceptance."""
    from backorders.models import AtpRule
    from inventory.models import Location, Sku
    from oms.kernel import clock
    from oms.orders.models import Channel, Customer

    AtpRule.objects.create(name="backorders", mode="backorder")
    place = Location.objects.create(code="BENCH", work_days=list(range(7)))
    channels = [Channel.objects.create(code=code) for code in ("VIP", "WEB", "SHOP")]
    people = [Customer.objects.create(channel=channel, external_id="c") for channel in channels]
    skus = Sku.objects.bulk_create(Sku(code=f"RUN-{number}") for number in range(SKUS))
    pick = random.Random(7)
    for at in range(0, SKUS, AT_ONCE):
        _lines(skus[at : at + AT_ONCE], place, people, clock.now(), pick)
    return {"skus": SKUS}


def _lines(skus: Any, place: Any, people: Any, now: Any, pick: random.Random) -> None:
    from backorders.models import Demand, Peg
    from inventory.models import Supply
    from oms.orders.models import Order, OrderLine

    wants = [(sku, pick.randrange(3), pick.randrange(1, 6)) for sku in skus for _ in range(LINES_PER_SKU)]
    orders = Order.objects.bulk_create(
        Order(
            number=f"RUN-{sku.pk}-{number}",
            source="job:bench",
            external_id="",
            channel=people[who].channel,
            customer=people[who],
            region=("EU", "US")[number % 2],
            placed_at=now,
            accepted_at=now - timedelta(hours=number),
        )
        for number, (sku, who, _) in enumerate(wants)
    )
    lines = OrderLine.objects.bulk_create(
        OrderLine(order=order, line_no=1, sku=sku, ordered_qty=qty, unit_price=10 + number % 90)
        for number, (order, (sku, _, qty)) in enumerate(zip(orders, wants, strict=True))
    )
    demands = Demand.objects.bulk_create(
        Demand(
            order_line=line,
            sku=sku,
            channel=people[who].channel,
            region=order.region,
            open_qty=qty,
            accepted_at=order.accepted_at,
            promised_on=now.date() + timedelta(days=60),
            first_promise_on=now.date() + timedelta(days=60),
        )
        for line, order, (sku, who, qty) in zip(lines, orders, wants, strict=True)
    )
    supplies: list[Supply] = []
    pegs: list[Peg] = []
    for start in range(0, len(demands), LINES_PER_SKU):
        supplies += _supplies(demands[start : start + LINES_PER_SKU], place, now)
        pegs += _claims(demands[start : start + LINES_PER_SKU], supplies[-SUPPLIES_PER_SKU:])
    Supply.objects.bulk_create(supplies)
    Peg.objects.bulk_create(pegs)
    Demand.objects.bulk_update(demands, ["pegged_qty"], batch_size=5_000)


def _supplies(demands: Any, place: Any, now: Any) -> list[Any]:
    from inventory.models import Supply

    each = sum(demand.open_qty for demand in demands) * 4 // 5 // SUPPLIES_PER_SKU
    return [
        Supply(
            sku=demands[0].sku,
            location=place,
            kind=Supply.Kind.PURCHASE,
            quantity=each,
            ready_on=now.date() + timedelta(days=10 * (number + 1)),
            reference=f"PO-{number}",
        )
        for number in range(SUPPLIES_PER_SKU)
    ]


def _claims(demands: Any, supplies: Any) -> Iterator[Any]:
    from backorders.models import Peg

    for demand in demands:
        for supply in supplies:
            qty = min(demand.open_qty - demand.pegged_qty, supply.quantity - supply.pegged_qty)
            if qty:
                demand.pegged_qty += qty
                supply.pegged_qty += qty
                yield Peg(demand=demand, supply=supply, qty=qty)


def run() -> dict[str, Any]:
    """The dry run, in this process."""
    from django.db.models import Sum

    from backorders import running as runs
    from backorders.models import Peg
    from oms.kernel.actors import job

    before = (Peg.objects.count(), Peg.objects.aggregate(Sum("qty")))
    began = time.perf_counter()
    started = runs.start(raw_segments=SEGMENTS, actor=job("bench"))
    while runs.work(started.pk, at_most=3600):
        pass
    seconds = time.perf_counter() - began
    started.refresh_from_db()
    return {
        "state": started.state,
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "lines": started.figures["lines"],
        "skus": started.figures["skus"],
        "gaining": started.figures["gain"]["lines"],
        "losing": started.figures["lose"]["lines"],
        "is_untouched": before == (Peg.objects.count(), Peg.objects.aggregate(Sum("qty"))),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(seed() if sys.argv[1] == "seed" else run()))
