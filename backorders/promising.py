"""A promise for each line of an order: claimed from what is free, or the order is refused whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from backorders import (
    buffers,
    capping,
    carts,
    causes,
    claiming,
    deadlines,
    explanations,
    protecting,
    replanning,
    rulebook,
    shelves,
    telling,
)
from backorders.capping import CapBook
from backorders.models import Promise, RefusedDemand
from backorders.offering import Ask, Offer, Offers
from backorders.rules import dating
from inventory.locks import lock_skus
from inventory.models import KitPart, Sku
from oms.kernel import clock, revisions
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, UnknownReference
from oms.kernel.events import OrderAccepted
from oms.orders import lifecycle
from oms.orders.drafts import OrderDraft, check
from oms.orders.models import Channel, Customer, Order, OrderLine


class OrderRefused(DomainError):
    """A rule or cap said no to at least one line; `details` names every line that failed and why."""

    code = "order_refused"
    message = "The order is refused; nothing was kept."

    def __init__(self, refused: Sequence[tuple[int, Offer]]) -> None:
        self.refused = [offer for _, offer in refused]
        super().__init__(details=[_refusal(line_no, offer) for line_no, offer in refused], field="lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an order would be told, line by line; nothing is written."""

    lines: Sequence[tuple[int, Offer]]

    @property
    def refused(self) -> list[tuple[int, Offer]]:
        """The lines that would be refused."""
        return [(line_no, offer) for line_no, offer in self.lines if offer.answer.refused_qty]


def accept(*, draft: OrderDraft, actor: Actor) -> Order:
    """Accept an order; when it is refused, keep nothing of it but the refused demand, and raise."""
    buffers.prepare(clock.now().date())
    try:
        return lifecycle.accept_order(draft=draft, actor=actor)
    except OrderRefused as refusal:
        record_refused(refusal.refused, actor=actor)
        raise
    except carts.HoldUnusable as unusable:
        raise unusable.named(draft) from unusable


def quote(*, draft: OrderDraft) -> Quote:
    """What this order would be told now: the same decision, without locks or writes."""
    check(draft, today=clock.now().date())
    lines = {line.line_no: line for line in draft.lines}
    try:
        carts.usable(draft.cart_holds(), {number: line.sku_id for number, line in lines.items()})
    except carts.HoldUnusable as unusable:
        raise unusable.named(draft) from unusable
    skus = Sku.objects.in_bulk([line.sku_id for line in draft.lines])
    channel = Channel.objects.get(pk=draft.channel_id)
    customer = Customer.objects.filter(channel=channel, external_id=draft.customer.external_id).first()
    asks = {
        number: Ask(
            sku=skus[line.sku_id],
            qty=line.qty,
            channel=channel,
            region=draft.region,
            customer_class=draft.customer.customer_class,
            customer_id=customer.pk if customer else None,
            wanted_on=line.wanted_on,
            locale=draft.customer.locale,
        )
        for number, line in lines.items()
    }
    tokens = list(draft.cart_holds().values())
    stock = _read_shelves(skus, region=draft.region, without=tokens)
    offers = _decide(asks, stock, CapBook.read(without=tokens))
    return Quote(lines=list(_shipped_by_policy(offers, draft.ship_policy).items()))


def promise_order(event: OrderAccepted) -> None:
    """Claim supply for the lines of an order that have no claim yet, and promise their dates."""
    fresh = OrderLine.objects.filter(order=event.order_id, demands=None, promises=None)
    found = list(fresh.select_related("sku", "order__channel", "order__customer").order_by("line_no"))
    if not found:
        return
    order = found[0].order
    lines = {line.line_no: line for line in found}
    skus = {line.sku_id: line.sku for line in lines.values()}
    parts = shelves.parts_of(list(skus))
    lock_skus({*skus, *(part.component_id for kit in parts.values() for part in kit)})
    returned = carts.spend(dict(event.cart_holds), lines)
    with revisions.steady():
        _promise_lines(order, lines, skus, parts, returned, by=event.by)


def _promise_lines(
    order: Order,
    lines: Mapping[int, OrderLine],
    skus: Mapping[int, Sku],
    parts: Mapping[int, Sequence[KitPart]],
    returned: Mapping[int, int],
    *,
    by: str,
) -> None:
    asks = {number: _ask(order, line) for number, line in lines.items()}
    stock = _read_shelves(skus, region=order.region, parts=parts)
    offers, book = _decide_under_caps(asks, stock)
    if _pass_along(offers, stock):
        # What had arrived is passed along the queue now; it may free what this order asks for.
        stock = _read_shelves(skus, region=order.region, parts=parts)
        offers, book = _decide_under_caps(asks, stock)
    if refused := [(number, offer) for number, offer in offers.items() if offer.answer.refused_qty]:
        raise OrderRefused(refused)
    offers = _shipped_by_policy(offers, order.ship_policy)
    telling.confirm_order(_write(order, lines, offers, stock, book, returned, by=by))


@transaction.atomic
def record_refused(refused: Sequence[Offer], *, actor: Actor) -> None:
    """Keep what rules and caps refused: it is demand that planning must see."""
    RefusedDemand.objects.bulk_create(
        RefusedDemand(
            sku=offer.ask.sku,
            channel=offer.ask.channel,
            region=offer.ask.region,
            asked_qty=offer.ask.qty,
            refused_qty=offer.answer.refused_qty,
            reason=offer.answer.reason or "",
            cap_name=offer.answer.cap_name,
            at=clock.now(),
            by=str(actor),
        )
        for offer in refused
    )


def basis_of(offer: Offer) -> dict[str, Any]:
    """Why this date: rule and version, supplies with dates and buffers, calendar, caps, charge, refusal."""
    rule, answer = offer.rule, offer.answer
    refused = {
        "refused_qty": answer.refused_qty,
        "reason": answer.reason,
        "refused_by": answer.cap_name,
    }
    return {
        "rule": {"id": rule.pk, "name": rule.name, "version": rule.version, "mode": rule.mode}
        if rule
        else None,
        "service_level": str(rule.service_level) if rule else None,
        "state": offer.answer.state,
        "mode": offer.answer.mode,
        "now_qty": offer.answer.now_qty,
        "later_qty": offer.answer.later_qty,
        "supplies": list(offer.steps),
        "calendar": list(offer.window.steps) if offer.window else [],
        "caps": list(offer.caps),
        "protections": list(offer.floors),
        "volatility": offer.volatility,
        "charge": offer.charge,
        **(refused if answer.refused_qty else {}),
    }


def promise_of(line: OrderLine, offer: Offer, *, by: str) -> Promise:
    """The first promise of a line, unsaved."""
    window = offer.window
    return Promise(
        order_line=line,
        qty=line.ordered_qty,
        ships_earliest=window.ships_earliest if window else None,
        ships_latest=window.ships_latest if window else None,
        delivers_earliest=window.delivers_earliest if window else None,
        delivers_latest=window.delivers_latest if window else None,
        service_level=offer.rule.service_level if offer.rule else None,
        label=offer.label,
        basis=basis_of(offer),
        made_at=clock.now(),
        made_by=by,
    )


def _read_shelves(
    skus: Mapping[int, Sku],
    *,
    region: str,
    parts: Mapping[int, Sequence[KitPart]] | None = None,
    without: Collection[str] = (),
) -> shelves.Shelves:
    parts = shelves.parts_of(list(skus)) if parts is None else parts
    missing = {part.component_id for kit in parts.values() for part in kit} - skus.keys()
    everything = {**skus, **(Sku.objects.in_bulk(missing) if missing else {})}
    stock = shelves.read(everything, parts=parts, region=region, at=clock.now(), without_holds=without)
    if not stock.locations:
        raise UnknownReference(f"No location ships to {region or 'anywhere'}.", field="region")
    return stock


def _ask(order: Order, line: OrderLine) -> Ask:
    return Ask(
        sku=line.sku,
        qty=line.ordered_qty,
        channel=order.channel,
        region=order.region,
        customer_class=order.customer.customer_class,
        customer_id=order.customer_id,
        wanted_on=line.wanted_on,
        locale=order.customer.locale,
    )


def _decide(asks: Mapping[int, Ask], stock: shelves.Shelves, book: CapBook) -> dict[int, Offer]:
    offers = Offers(shelves=stock.copy(), rules=rulebook.current().rules, caps=book)
    return {number: offers.offer(ask) for number, ask in asks.items()}


def _decide_under_caps(asks: Mapping[int, Ask], stock: shelves.Shelves) -> tuple[dict[int, Offer], CapBook]:
    """Decide, and if a cap is used decide once more with its counters locked."""
    book = CapBook.read()
    offers = _decide(asks, stock, book)
    locked = book.locked_for(offers.values(), stock.at.date())
    if locked is None:
        return offers, book
    return _decide(asks, stock, locked), locked


def _pass_along(offers: Mapping[int, Offer], stock: shelves.Shelves) -> bool:
    """Plan SKUs again at once that hide arrived goods from an order that else would be refused."""
    if not any(offer.answer.refused_qty for offer in offers.values()):
        return False
    hiding = sorted(pk for pk, shelf in stock.by_sku.items() if shelf.waiting_qty)
    passed = [replanning.replan_locked(sku_id=sku_id) for sku_id in hiding]
    return any(passed)


def _shipped_by_policy(offers: Mapping[int, Offer], ship_policy: str) -> dict[int, Offer]:
    """Lines of an order that ships complete are all promised for the day of the slowest."""
    windows = [offer.window for offer in offers.values() if offer.window]
    if ship_policy != Order.ShipPolicy.COMPLETE or len(windows) < 2:
        return dict(offers)
    slowest = dating.line_window(windows)
    return {number: offer.promised_for(slowest) for number, offer in offers.items()}


def _write(
    order: Order,
    lines: Mapping[int, OrderLine],
    offers: Mapping[int, Offer],
    stock: shelves.Shelves,
    book: CapBook,
    returned: Mapping[int, int],
    *,
    by: str,
) -> list[Promise]:
    """Claims, promises, backorders with their causes, caps and protections, each with one insert."""
    claiming.open_demands(order, lines, offers, stock)
    promises = Promise.objects.bulk_create(
        promise_of(lines[number], offer, by=by) for number, offer in offers.items()
    )
    causes.open_backorders(order, lines, offers, by=by)
    claims = [(offer, lines[number].pk, None) for number, offer in offers.items()]
    deadlines.open_first(promises=promises)
    protecting.consume(claims, stock.by_sku)
    if book.usages:
        capping.claim_room(book, claims, by=by, returned=returned)
    return promises


def _refusal(line_no: int, offer: Offer) -> dict[str, Any]:
    answer, basis = offer.answer, basis_of(offer)
    detail: dict[str, Any] = {
        "line_no": line_no,
        "sku": offer.ask.sku.code,
        "code": answer.reason,
        "message": _words(offer),
        "refused_qty": answer.refused_qty,
        "explain": explanations.for_staff(basis),
        "explain_short": explanations.for_customer(basis, locale=offer.ask.locale),
        "could_promise": {"now_qty": answer.now_qty, "later_qty": answer.later_qty, "ships": _days(offer)},
    }
    if answer.cap_name:
        detail["cap"] = answer.cap_name
    return detail


def _words(offer: Offer) -> str:
    answer = offer.answer
    could = answer.now_qty + answer.later_qty
    why = f"{answer.reason}" + (f" ({answer.cap_name})" if answer.cap_name else "")
    asked = f"{could} of {offer.ask.qty} could be promised"
    return f"{offer.ask.sku.code}: {asked}; {answer.refused_qty} refused: {why}."


def _days(offer: Offer) -> dict[str, date | str] | None:
    if offer.window is None:
        return None
    return {
        "earliest": offer.window.ships_earliest.isoformat(),
        "latest": offer.window.ships_latest.isoformat(),
    }
