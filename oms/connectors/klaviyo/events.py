"""From a message to Klaviyo's events: one per line and metric, each with an id that never changes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from notifications.models import Message
from oms.kernel.causes import words_for_customer

Facts = Mapping[str, Any]
# What each kind of message is called among a shop's metrics; a kind not named here is called by its own name.
METRICS: Mapping[str, Sequence[str]] = {
    "confirmation": ("Backorder Placed", "ETA Set"),
    "delay_notice": ("ETA Changed", "Consent Requested"),
    "good_news": ("ETA Changed",),
    "ready_to_ship": ("Ready to Ship",),
    "partly_shipped": ("Partially Shipped",),
    "shipped": ("Shipped",),
    "cancelled": ("Cancelled",),
    "refund_sent": ("Refunded",),
    "payment_ends": ("Payment Requested",),
}
NO_BACKORDER = "Order Confirmed"
_REVISION = re.compile(r"(\d+)(r\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KlaviyoEvent:
    """One event; `unique_id` makes Klaviyo record it once for its profile and metric."""

    metric: str
    unique_id: str
    properties: dict[str, Any]
    value: Decimal | None = None
    currency: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def body(self, at: str) -> dict[str, Any]:
        """As the API takes it, without its profile; `at` is the instant it happened."""
        money = (
            {"value": float(self.value), "value_currency": self.currency} if self.value is not None else {}
        )
        attributes = {
            "properties": self.properties,
            "time": at,
            "unique_id": self.unique_id,
            "metric": {"data": {"type": "metric", "attributes": {"name": self.metric}}},
            **money,
        }
        return {"type": "event", "attributes": attributes}


def events_of(message: Message) -> list[KlaviyoEvent]:
    """Every event that a message stands for."""
    lines = list(_lines(message))
    if message.kind == "confirmation" and not any(_waits(line) for line in lines):
        return [_event(message, NO_BACKORDER, {})]
    metrics = METRICS.get(message.kind) or (message.kind.replace("_", " ").title(),)
    wanted = [line for line in lines if message.kind != "confirmation" or _waits(line)] or [{}]
    return [_event(message, metric, line) for line in wanted for metric in metrics if _fits(metric, line)]


def profile_of(message: Message) -> dict[str, Any]:
    """Whom it is told to, by the address that our own mail would go to, and in which language."""
    attributes = {"email": message.recipient, "properties": {"Language": message.locale}}
    return {"data": {"type": "profile", "attributes": attributes}}


def single(message: Message, event: KlaviyoEvent) -> dict[str, Any]:
    """The body of one event."""
    body = event.body(message.created_at.isoformat())
    body["attributes"]["profile"] = profile_of(message)
    return body


def in_bulk(message: Message, events: Sequence[KlaviyoEvent]) -> dict[str, Any]:
    """The events of one message as a part of a bulk body."""
    at = message.created_at.isoformat()
    attributes = {"profile": profile_of(message), "events": {"data": [event.body(at) for event in events]}}
    return {"type": "event-bulk-create", "attributes": attributes}


def _event(message: Message, metric: str, line: Facts) -> KlaviyoEvent:
    order, line_no = message.subject_ref, line.get("line_no")
    backorder = f"{order}/{line_no}" if line_no else order
    slug = metric.lower().replace(" ", "_")
    value, currency = _value(message, line)
    return KlaviyoEvent(
        metric=metric,
        unique_id=f"{backorder}:{slug}:{_version(message, line_no)}",
        properties={**_of_message(message), **_of_line(message, line)},
        value=value,
        currency=currency,
    )


def _version(message: Message, line_no: int | None) -> str:
    """The promise revision of the line where the message's key names it, else the event of the key."""
    event = message.key.split("#")[0].split(":", 2)[-1]
    revisions = dict(_REVISION.findall(event))
    return revisions.get(str(line_no)) or event


def _lines(message: Message) -> Iterator[Facts]:
    yield from message.context.get("lines") or ()
    for group in message.context.get("groups") or ():
        yield from group["lines"]


def _waits(line: Facts) -> bool:
    return str(line.get("state", "in_stock")) != "in_stock"


def _fits(metric: str, line: Facts) -> bool:
    return metric != "ETA Set" or bool(line.get("ships"))


def _value(message: Message, line: Facts) -> tuple[Decimal | None, str]:
    amount = (line.get("charge") or {}).get("now") or message.context.get("refund")
    if not amount or message.kind not in ("confirmation", "refund_sent"):
        return None, ""
    return Decimal(amount["amount"]), amount["currency"]


def _of_message(message: Message) -> dict[str, Any]:
    facts = message.context
    known = {
        "OrderNumber": message.subject_ref,
        "Shop": facts.get("shop"),
        "CustomerName": facts.get("name"),
        "Locale": message.locale,
        "Choices": facts.get("choices"),
        "AnswerBy": (facts.get("answer_by") or {}).get("at"),
        "AnswerLink": facts.get("link"),
        "Silence": facts.get("silence"),
        "Carrier": facts.get("carrier"),
        "Tracking": facts.get("tracking"),
        "RefundBy": facts.get("refund_by"),
        "RefundAmount": (facts.get("refund") or {}).get("amount"),
    }
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def _of_line(message: Message, line: Facts) -> dict[str, Any]:
    now = line.get("now") or line.get("ships") or {}
    was = line.get("was") or {}
    known = {
        "LineNumber": line.get("line_no"),
        "Title": line.get("title"),
        "Quantity": line.get("qty"),
        "State": line.get("state"),
        "Mode": line.get("mode"),
        "ShipsEarliest": now.get("earliest"),
        "ShipsLatest": now.get("latest"),
        "DeliversLatest": (line.get("delivers") or {}).get("latest"),
        "ShippedBefore": was.get("latest"),
        "DelayDays": _days_between(was.get("latest"), now.get("latest")),
        "Reason": line.get("cause"),
        "ReasonWords": words_for_customer(line["cause"], message.locale) if line.get("cause") else None,
        "Charge": (line.get("charge") or {}).get("policy"),
        "ChargeWords": (line.get("charge") or {}).get("disclosure"),
    }
    return {name: value for name, value in known.items() if value not in (None, "")}


def _days_between(was: str | None, now: str | None) -> int | None:
    return (date.fromisoformat(now) - date.fromisoformat(was)).days if was and now else None
