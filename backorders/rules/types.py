"""The words the rules speak: supply, demand, pegs, and the states a customer may be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SupplyKind(StrEnum):
    """Where a quantity that can cover demand comes from."""

    STOCK = "stock"
    HOLD = "hold"
    RETURN = "return"
    TRANSFER = "transfer"
    PURCHASE = "purchase"
    PRODUCTION = "production"
    PLANNED = "planned"


class RuleMode(StrEnum):
    """What an ATP rule lets us sell beyond stock, and with which intention."""

    DENY = "deny"
    BACKORDER = "backorder"
    PREORDER = "preorder"
    MADE_TO_ORDER = "made_to_order"
    LIMITED_DROP = "limited_drop"
    CAPITAL_LIGHT = "capital_light"


class WaitMode(StrEnum):
    """Why the customer waits; every mode but `accidental` is intended and never apologised for."""

    ACCIDENTAL = "accidental"
    PREORDER = "preorder"
    MADE_TO_ORDER = "made_to_order"
    LIMITED_DROP = "limited_drop"
    CAPITAL_LIGHT = "capital_light"

    @property
    def is_intended(self) -> bool:
        """Whether the seller planned this wait from the start."""
        return self is not WaitMode.ACCIDENTAL


class State(StrEnum):
    """The four things a customer may be told about a SKU and quantity."""

    IN_STOCK = "in_stock"
    BACKORDER = "backorder"
    PREORDER = "preorder"
    OUT_OF_STOCK = "out_of_stock"


class Reason(StrEnum):
    """Why a quantity, or a part of it, is refused."""

    DISCONTINUED = "discontinued"
    SUPPLIER_INACTIVE = "supplier_inactive"
    NO_SUPPLY = "no_supply"
    WAIT_TOO_LONG = "wait_too_long"
    CAP_REACHED = "cap_reached"
    RULE_DENIES = "rule_denies"
    WINDOW_CLOSED = "window_closed"
    TOO_VOLATILE = "too_volatile"
    NOT_LAUNCHED = "not_launched"
    ORDER_LIMIT = "order_limit"
    CUSTOMER_LIMIT = "customer_limit"


# Higher is surer. Goods in the building that still have to clear beat goods on the road,
# those beat a supplier's word, and what nobody has bought yet comes last.
_TRUST: dict[SupplyKind, int] = {
    SupplyKind.STOCK: 70,
    SupplyKind.HOLD: 60,
    SupplyKind.RETURN: 60,
    SupplyKind.TRANSFER: 50,
    SupplyKind.PURCHASE: 30,
    SupplyKind.PRODUCTION: 20,
    SupplyKind.PLANNED: 10,
}
_CONFIRMED: dict[SupplyKind, int] = {SupplyKind.PURCHASE: 40, SupplyKind.PRODUCTION: 35}
_ON_THE_WAY = 45


def trust_of(kind: SupplyKind, confirmed: bool = False, on_the_way: bool = False) -> int:
    """How sure a supply is; higher is surer.

    `confirmed` lifts a purchase the supplier acknowledged and a production that has started, `on_the_way`
    a purchase that travels in a container.
    """
    if kind is SupplyKind.PURCHASE and on_the_way:
        return _ON_THE_WAY
    return _CONFIRMED.get(kind, _TRUST[kind]) if confirmed else _TRUST[kind]


def trust_in_words(kind: SupplyKind, confirmed: bool = False, on_the_way: bool = False) -> str:
    """The same for people: what the explanation of a promise calls a supply's standing."""
    if kind is SupplyKind.PURCHASE:
        return "on the way" if on_the_way else "confirmed" if confirmed else "sent"
    if kind is SupplyKind.PRODUCTION:
        return "started" if confirmed else "scheduled"
    return _STANDING[kind]


_STANDING: dict[SupplyKind, str] = {
    SupplyKind.STOCK: "on hand",
    SupplyKind.HOLD: "here, held",
    SupplyKind.RETURN: "coming back",
    SupplyKind.TRANSFER: "on the way",
    SupplyKind.PLANNED: "not bought yet",
}


_WAIT_MODES: dict[RuleMode, WaitMode] = {
    RuleMode.DENY: WaitMode.ACCIDENTAL,
    RuleMode.BACKORDER: WaitMode.ACCIDENTAL,
    RuleMode.PREORDER: WaitMode.PREORDER,
    RuleMode.MADE_TO_ORDER: WaitMode.MADE_TO_ORDER,
    RuleMode.LIMITED_DROP: WaitMode.LIMITED_DROP,
    RuleMode.CAPITAL_LIGHT: WaitMode.CAPITAL_LIGHT,
}


def wait_mode_of(mode: RuleMode) -> WaitMode:
    """The mode of the wait a rule's mode leads to."""
    return _WAIT_MODES[mode]


@dataclass(frozen=True, slots=True)
class Supply:
    """A quantity that may be claimed; `ready_on` is the day its goods can leave the dock."""

    ref: int
    kind: SupplyKind
    qty: int
    ready_on: date
    location_id: int = 0
    confirmed: bool = False
    on_the_way: bool = False

    @property
    def trust(self) -> int:
        """How sure this supply is; higher is surer."""
        return trust_of(self.kind, self.confirmed, self.on_the_way)


@dataclass(frozen=True, slots=True)
class Demand:
    """An open quantity in the queue.

    `rank`: smallest is served first. `keep_by`: the latest ship date last promised, none if never
    promised. `wanted_on`: the customer does not want it to ship before this day.
    `location_id`: the only place that may serve it, none for any; `places`: the places among which there
    is a choice, none for all.
    """

    ref: int
    qty: int
    rank: tuple[int, ...]
    keep_by: date | None = None
    wanted_on: date | None = None
    may_split: bool = True
    location_id: int | None = None
    places: frozenset[int] | None = None

    def allows(self, location_id: int) -> bool:
        """Whether goods of this place may serve it."""
        return self.location_id in (None, location_id) and (self.places is None or location_id in self.places)


@dataclass(frozen=True, slots=True)
class Peg:
    """This much of this supply is for this demand."""

    demand_ref: int
    supply_ref: int
    qty: int


@dataclass(frozen=True, slots=True)
class Due:
    """A quantity that has to be there by a day."""

    on: date
    qty: int
