"""Did demand run above what was planned, and was it a spike? From units sold by day and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from backorders.rules.causes import DemandFact

# A baseline is the mean of so many days before the purchase was sized; fewer than a month are none.
BASELINE_DAYS = 91
LEAST_DAYS = 28
WEEK = 7
# A week is a spike when it at least doubles the baseline.
SPIKE_FACTOR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """Units of one SKU asked for on one day in one channel."""

    on: date
    channel: int
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A marked promotion: its days, last one included, when planning was told, and of how many more units."""

    starts_on: date
    ends_on: date
    told_on: date | None = None
    planned_qty: int = 0


def demand_fact(
    sold: Sequence[Sold], *, sized_on: date | None, today: date, promotions: Iterable[Pushed] = ()
) -> DemandFact | None:
    """Demand from the day the last purchase was sized until today, against the baseline of the days before.

    Without a purchase the last four weeks are held against the days before them. None where too little is
    known: a SKU that sells for less than a month has no baseline.
    """
    start = sized_on if sized_on is not None else today - timedelta(days=LEAST_DAYS)
    start = min(start, today)
    first = max(min((sale.on for sale in sold), default=start), start - timedelta(days=BASELINE_DAYS))
    known_days = (start - first).days
    if known_days < LEAST_DAYS:
        return None
    before = [sale for sale in sold if first <= sale.on < start]
    since = [sale for sale in sold if start <= sale.on <= today]
    daily = _by_channel(before, known_days)
    pushed = [push for push in promotions if push.starts_on <= today and push.ends_on >= start]
    untold = [push for push in pushed if push.told_on is None or push.told_on > start]
    days = (today - start).days + 1
    planned = sum(push.planned_qty for push in pushed if push not in untold)
    spike = _promoted(since, daily, untold or pushed, start, today) if pushed else None
    baseline_qty, spike_qty, concentration = spike or _spike(since, daily, start, today)
    return DemandFact(
        sold_qty=sum(sale.qty for sale in since),
        forecast_qty=ceil(sum(daily.values()) * days) + planned,
        baseline_qty=baseline_qty,
        spike_qty=spike_qty,
        concentration=concentration,
        in_promotion=bool(pushed),
        told_in_time=bool(pushed) and not untold,
    )


def _by_channel(sold: Iterable[Sold], days: int) -> Mapping[int, float]:
    """Mean units a day by channel."""
    units: defaultdict[int, int] = defaultdict(int)
    for sale in sold:
        units[sale.channel] += sale.qty
    return {channel: qty / days for channel, qty in units.items()}


def _promoted(
    since: Sequence[Sold], daily: Mapping[int, float], pushed: Sequence[Pushed], start: date, today: date
) -> tuple[int, int, float]:
    """Baseline, units above it and their concentration on the days of promotions."""
    days = {
        start + timedelta(days=n)
        for n in range((today - start).days + 1)
        if any(push.starts_on <= start + timedelta(days=n) <= push.ends_on for push in pushed)
    }
    usual = sum(daily.values()) * len(days)
    above = sum(sale.qty for sale in since if sale.on in days) - usual
    return ceil(usual), max(0, int(above)), 1.0


def _spike(
    since: Sequence[Sold], daily: Mapping[int, float], start: date, today: date
) -> tuple[int, int, float]:
    """Of the weeks back from today those that at least double the baseline: how far, how concentrated."""
    weeks: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for sale in since:
        weeks[(today - sale.on).days // WEEK][sale.channel] += sale.qty
    usual_daily = sum(daily.values())
    usual = above = top = 0.0
    for week, units in weeks.items():
        days = min(WEEK, (today - start).days + 1 - week * WEEK)
        expected = usual_daily * days
        excess = sum(units.values()) - expected
        if sum(units.values()) < SPIKE_FACTOR * expected or excess <= 0:
            continue
        usual += expected
        above += excess
        top = max(top, *(qty - daily.get(channel, 0.0) * days for channel, qty in units.items()))
    return int(usual), int(above), min(1.0, top / above) if above else 0.0
