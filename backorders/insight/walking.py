"""How good measured buffers would have been on a history of deliveries, beside simpler ways of buffering."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

from backorders.insight.deliveries import Delivery
from backorders.rules.calibrating import Case, Forecast, Scores, score, walk_forward
from backorders.rules.lateness import MEASURED, PROMISED, Tuning, groups_of

LEVELS = (0.5, 0.8, 0.9, 0.95)
# Before so many deliveries are known nobody would rely on a measured buffer; of a short history a tenth.
WARM_UP = 200

Grouping = Callable[[Delivery], tuple[Hashable, ...]]


@dataclass(frozen=True, slots=True)
class Method:
    """A way of buffering: what is alike in two deliveries, how samples are weighed, how misses steer it."""

    name: str
    groups: Grouping
    tuning: Tuning
    gain: float = 0.0


def by_document(delivery: Delivery) -> tuple[Hashable, ...]:
    """A vendor, its deliveries to one destination, and the earlier ones of the same purchase order."""
    vendor = delivery.vendor
    return (vendor, (vendor, delivery.destination), (vendor, delivery.document))


def as_promised(delivery: Delivery) -> tuple[Hashable, ...]:
    """The groups of a promise to a customer."""
    return groups_of(
        supplier=delivery.vendor,
        category=delivery.category,
        sku=delivery.article,
        document=delivery.document or None,
    )


MEASURED_METHOD = Method("measured: vendor, destination, document", by_document, MEASURED, gain=0.005)
BASELINES = (
    Method("as promised: vendor, category, SKU, document", as_promised, PROMISED),
    Method("pooled: all deliveries", lambda delivery: (), Tuning()),
    Method("vendor, shrunk to pooled", lambda delivery: (delivery.vendor,), Tuning(enough=inf, weight=20)),
)
TRUSTING = "trust the schedule"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one way of buffering scored."""

    name: str
    scores: Scores


def judge(deliveries: Sequence[Delivery], *, score_from: date | None = None) -> list[Verdict]:
    """Walk forward with every method, the measured one first; nothing if no delivery could be judged.

    Each is decided on its scheduled day with what was recorded before. Those scheduled before `score_from`
    only teach; without it the first ones do, until enough are known.
    """
    forecasts = _forecasts(deliveries, MEASURED_METHOD, score_from)
    trusted = [Forecast(forecast.case, (0,) * len(LEVELS)) for forecast in forecasts]
    all_forecasts = [
        (MEASURED_METHOD.name, forecasts),
        (TRUSTING, trusted),
        *((method.name, _forecasts(deliveries, method, score_from)) for method in BASELINES),
    ]
    judged = [(name, score(known, levels=LEVELS)) for name, known in all_forecasts]
    return [Verdict(name, scores) for name, scores in judged if scores]


def _forecasts(deliveries: Sequence[Delivery], method: Method, score_from: date | None) -> list[Forecast]:
    cases = [_case(ref, delivery, method.groups) for ref, delivery in enumerate(deliveries)]
    warm_up = min(WARM_UP, len(cases) // 10) if score_from is None else 1
    walked = walk_forward(cases, levels=LEVELS, tuning=method.tuning, warm_up=warm_up, gain=method.gain)
    return [forecast for forecast in walked if score_from is None or forecast.case.scheduled_on >= score_from]


def _case(ref: int, delivery: Delivery, groups: Grouping) -> Case:
    return Case(
        ref=ref,
        scheduled_on=delivery.scheduled_on,
        days=delivery.late_days,
        recorded_on=delivery.recorded_on,
        groups=groups(delivery),
    )
