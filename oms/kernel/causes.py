"""Codes for "why did this change", whose doing it was, and the words a customer is told."""

import re
from dataclasses import dataclass
from enum import StrEnum

from oms.kernel.cause_words import WORDS
from oms.kernel.errors import InvalidValue


class Doer(StrEnum):
    SUPPLIER = "supplier"
    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    CUSTOMER = "customer"
    US = "us"
    LAW = "law"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """One code: its label for staff, who did it, and what the customer reads."""

    code: str
    label: str
    doer: Doer
    words: str


_ALL = (
    Cause("supplier_late", "Supplier is late", Doer.SUPPLIER, "our supplier is running late"),
    Cause("supplier_early", "Supplier is early", Doer.SUPPLIER, "our supplier is ahead of plan"),
    Cause("supplier_short", "Supplier sent less", Doer.SUPPLIER, "our supplier sent less than we ordered"),
    Cause("supplier_cancelled", "Supplier cancelled", Doer.SUPPLIER, "our supplier cannot deliver"),
    Cause("transport_late", "Transport is late", Doer.CARRIER, "the transport to our warehouse is delayed"),
    Cause("customs", "Held by customs", Doer.CARRIER, "the goods are waiting in customs"),
    Cause("receipt", "Goods arrived", Doer.WAREHOUSE, "the goods have arrived"),
    Cause("quality", "Failed inspection", Doer.SUPPLIER, "the goods did not pass our inspection"),
    Cause("damaged", "Damaged", Doer.WAREHOUSE, "some goods were damaged"),
    Cause("quarantine", "In quarantine", Doer.US, "the goods are being checked"),
    Cause("count", "Count correction", Doer.WAREHOUSE, "our stock count was wrong"),
    Cause("purchase_placed", "Purchase placed", Doer.US, "we ordered more from our supplier"),
    Cause("purchase_changed", "Purchase changed", Doer.US, "we changed our order with the supplier"),
    Cause("policy_changed", "Policy changed", Doer.US, "our planning changed"),
    Cause("order_changed", "Another order changed", Doer.US, "other orders changed"),
    Cause("replan", "Re-planned", Doer.US, "our planning changed"),
    Cause("backorder_run", "Backorder run", Doer.US, "our planning changed"),
    Cause("customer_request", "Customer asked", Doer.CUSTOMER, "you asked us to"),
    Cause("customer_choice", "Customer's choice", Doer.CUSTOMER, "you chose so"),
    Cause("withdrawal", "Withdrew from the contract", Doer.CUSTOMER, "you withdrew from the contract"),
    Cause("switched", "Switched to another article", Doer.CUSTOMER, "you switched to another article"),
    Cause("no_answer", "No answer by the deadline", Doer.LAW, "we did not hear from you in time"),
    Cause("too_late", "Too many days late", Doer.US, "we could not deliver in time"),
    Cause("short_shipped", "Warehouse could not ship it", Doer.US, "some of it was not in our warehouse"),
    Cause("law_limit", "Ended by the law of delay", Doer.LAW, "the law ends an order that ships too late"),
    Cause("law_notice", "Notice due by law", Doer.LAW, "our planning changed"),
    Cause("fraud", "Fraud suspected", Doer.CUSTOMER, "we could not verify the order"),
    Cause("duplicate", "Ordered twice", Doer.CUSTOMER, "the order was placed twice"),
    Cause("unpaid", "Not paid", Doer.CUSTOMER, "the order was not paid"),
    Cause("discontinued", "Discontinued", Doer.US, "the article is no longer made"),
    Cause("return_expected", "Return announced", Doer.CUSTOMER, "a returned article is on its way"),
    Cause("returned", "Goods came back", Doer.CUSTOMER, "you sent goods back"),
    Cause("hold_cleared", "Hold cleared", Doer.US, "the goods passed our inspection"),
    Cause("transfer", "Moved between our locations", Doer.US, "the goods move between our warehouses"),
    Cause("lost_on_the_way", "Lost on the way", Doer.CARRIER, "some goods were lost on the way"),
    Cause("production_late", "Production is late", Doer.US, "our production is running late"),
    Cause("production_early", "Production is early", Doer.US, "our production is ahead of plan"),
    Cause("production_short", "Production made less", Doer.US, "our production made less than planned"),
    Cause("other", "Other", Doer.UNKNOWN, "our planning changed"),
)
CAUSES: dict[str, Cause] = {cause.code: cause for cause in _ALL}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def cause_code(raw: str, *, field: str = "cause") -> str:
    """The code as we store it (lower snake case), or InvalidValue; shops may bring codes of their own."""
    code = raw.strip().lower().replace("-", "_").replace(" ", "_")
    if not _CODE.fullmatch(code):
        raise InvalidValue("A cause is a short code such as supplier_late.", field=field)
    return code


def words_for_customer(code: str, language: str = "en") -> str:
    """What the customer reads for this code; codes of a shop's own read as a change of plan."""
    known = CAUSES.get(code, CAUSES["other"])
    return WORDS.get(language, {}).get(known.code, known.words)


def choices() -> list[tuple[str, str]]:
    """All codes with their labels, for forms."""
    return [(cause.code, cause.label) for cause in _ALL]
