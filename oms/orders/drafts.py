"""An order before it is accepted: what the channel sent, checked for shape and for absurd values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inventory.bounds import check_day
from inventory.models import MAX_QTY
from oms.kernel.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDraft:
    """Who ordered, as the channel knows them."""

    external_id: str
    email: str = ""
    other_email: str = ""
    phone: str = ""
    name: str = ""
    locale: str = "en"
    customer_class: str = ""
    is_consumer: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One line: `qty` in stocking units, `unit_price` in the order's currency, `cart_hold` a token."""

    line_no: int
    sku_id: int
    qty: int
    unit_price: Decimal = Decimal(0)
    wanted_on: date | None = None
    cart_hold: str = ""
    switched_from_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """What `accept_order` takes; `source` and `external_id` together name the order once and for all."""

    source: str
    external_id: str
    channel_id: int
    customer: CustomerDraft
    lines: Sequence[LineDraft]
    placed_at: datetime
    region: str = ""
    country: str = ""
    state_code: str = ""
    ship_policy: str = "available"
    is_time_essential: bool = False
    is_on_credit: bool = False
    currency: str = "EUR"
    priority: int = 100

    def cart_holds(self) -> Mapping[int, str]:
        """The cart hold each line spends, by line number."""
        return {line.line_no: line.cart_hold for line in self.lines if line.cart_hold}


def check(draft: OrderDraft, *, today: date) -> None:
    """Refuse what can never be right, naming the field: no lines, absurd quantities, past wishes."""
    if not draft.lines:
        raise InvalidValue("An order needs at least one line.", field="lines")
    numbers = [line.line_no for line in draft.lines]
    if len(set(numbers)) < len(numbers):
        raise InvalidValue("Two lines have the same number.", field="lines")
    for index, line in enumerate(draft.lines):
        if not 1 <= line.qty <= MAX_QTY:
            raise InvalidValue(f"A quantity is from 1 to {MAX_QTY}.", field=f"lines[{index}].qty")
        if line.wanted_on:
            check_day(line.wanted_on, today=today, field=f"lines[{index}].wanted_on")
        if line.unit_price < 0:
            raise InvalidValue("A price is never negative.", field=f"lines[{index}].unit_price")
