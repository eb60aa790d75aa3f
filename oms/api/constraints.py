"""What the database refused, by the name of its constraint: the answer a client can act on."""

from dataclasses import dataclass

from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError


@dataclass(frozen=True, slots=True)
class Refusal:
    """409 for what somebody else did first, 422 for what no state would allow."""

    status: int
    code: str
    field: str
    message: str


def _taken(field: str, message: str = "There is one with this value already.") -> Refusal:
    return Refusal(409, "already_exists", field, message)


def _wrong(field: str, message: str) -> Refusal:
    return Refusal(422, "invalid", field, message)


_EXTERNAL = Refusal(409, "duplicate_external_id", "external_id", "This external_id was used before.")
_MOVED = Refusal(409, "conflict", "", "The quantities changed meanwhile; nothing was done. Try again.")

REFUSALS: dict[str, Refusal] = {
    "one_order_per_external_id": _EXTERNAL,
    "one_receipt_per_external_id": _EXTERNAL,
    "one_count_per_external_id": _EXTERNAL,
    "one_shipment_per_external_id": _EXTERNAL,
    "one_return_per_external_id": _EXTERNAL,
    "one_payment_per_external_id": _EXTERNAL,
    "one_payment_per_account_and_id": _EXTERNAL,
    "one_refund_per_external_id": _EXTERNAL,
    "captured_within_authorised": _MOVED,
    "refunded_within_captured": _MOVED,
    "one_row_per_supplier_and_sku": _taken("sku"),
    "one_order_line_per_number": _taken("lines.line_no"),
    "one_purchase_line_per_number": _taken("lines.line_no"),
    "one_row_per_container_and_line": _taken("lines.line_no", "Name each purchase line once."),
    "one_row_per_receipt_and_line": _taken("lines.line_no", "Name each purchase line once."),
    "one_row_per_kit_and_component": _taken("components", "Name each component once."),
    "one_alternative_per_pair": _taken("alternatives", "Name each alternative once."),
    "alternative_is_another_sku": _wrong("alternatives", "A SKU is no alternative to itself."),
    "kit_is_not_its_own_part": _wrong("components", "A kit is not a component of itself."),
    "kit_part_holds_at_least_one": _wrong("components", "A kit holds at least one of each component."),
    "pack_holds_at_least_one": _wrong("pack_qty", "A pack holds at least one unit."),
    "moq_and_pack_at_least_one": _wrong("moq", "Least quantity and pack are at least one unit."),
    "rule_ends_after_it_starts": _wrong("valid_to", "A rule ends after it starts."),
    "deposit_has_a_percent": _wrong("charge.deposit_percent", "A deposit needs its percentage."),
    "service_level_in_range": _wrong("service_level", "A service level lies between 0.5 and 0.99."),
    "cap_ends_after_it_starts": _wrong("ends_on", "A cap ends after it starts."),
    "one_fence_per_scope": _taken("sku", "There is a fence for just this already."),
    "fence_of_sku_or_category": _wrong("category", "A fence is for one SKU or for a category."),
    "transfer_goes_somewhere_else": _wrong("to_location", "A transfer goes to another location."),
    "one_transfer_line_per_sku": _taken("lines.sku", "Name each SKU once."),
    "pegged_within_supply": _MOVED,
    "supply_never_negative": _MOVED,
    "pegged_within_open": _MOVED,
    "released_within_pegged": _MOVED,
    "released_within_peg": _MOVED,
    "open_never_negative": _MOVED,
    "shipped_within_picked": _MOVED,
    "cap_usage_never_negative": _MOVED,
    "one_current_promise_per_line": _MOVED,
    "one_open_case_per_line": _MOVED,
}


def refusal_of(error: IntegrityError) -> Refusal | None:
    """The answer for a broken constraint, or none if it is our own mistake."""
    if isinstance(error, ProtectedError | RestrictedError):
        return Refusal(409, "in_use", "", "Other records still point at it.")
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if name in REFUSALS:
        return REFUSALS[name]
    # Django names the unique indexes of single columns after table and column: `inventory_sku_code_…`.
    if getattr(diagnosis, "sqlstate", "") == "23505":
        return _taken(_column_of(getattr(diagnosis, "message_detail", "") or ""))
    if getattr(diagnosis, "sqlstate", "") == "23503":
        return Refusal(409, "conflict", "", "Something this names was removed meanwhile.")
    return None


def _column_of(detail: str) -> str:
    """PostgreSQL says: Key (code)=(A) already exists."""
    inside = detail.partition("Key (")[2].partition(")")[0]
    return inside.split(",")[-1].strip().removesuffix("_id")
