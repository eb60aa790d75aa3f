"""What a shop may show beside an article before anybody orders: label, dates, what is charged and when.

It tells no quantities: only whether so many could be had, and when.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from backorders import availability
from backorders.availability import Availability
from backorders.models import AtpRule
from backorders.rules.types import State
from inventory.models import Sku
from oms.kernel.language import language_of
from oms.orders.models import Channel
from oms.portal.words import say

Badge = dict[str, Any]
_CHARGES = {
    AtpRule.ChargePolicy.AT_ORDER: "charge_at_order",
    AtpRule.ChargePolicy.AT_SHIP: "charge_at_ship",
    AtpRule.ChargePolicy.DEPOSIT: "charge_deposit",
}
# Where nobody waits, there is nothing to disclose before payment.
_SAYS_NO_CHARGE = frozenset({State.IN_STOCK, State.OUT_OF_STOCK})


def of_skus(codes: Sequence[str], *, qty: int, channel: Channel, region: str, locale: str) -> list[Badge]:
    """One badge for each SKU we know, in the order asked; the number of queries is fixed."""
    known = {sku.code: sku for sku in Sku.objects.filter(code__in=codes)}
    found = availability.answers(
        skus=[known[code] for code in codes if code in known],
        qty=qty,
        channel=channel,
        region=region or channel.default_region,
        locale=locale,
    )
    return [_badge(each, language_of(locale)) for each in found]


def _badge(found: Availability, language: str) -> Badge:
    answer, window = found.offer.answer, found.offer.window
    waits = answer.state not in _SAYS_NO_CHARGE
    return {
        "sku": found.sku.code,
        "lang": language,
        "state": answer.state,
        "mode": answer.mode,
        "label": found.offer.label,
        "ships": _days(window.ships_earliest, window.ships_latest) if window else None,
        "delivers": _days(window.delivers_earliest, window.delivers_latest) if window else None,
        "charge": _charge(found.offer.charge, language) if waits else None,
    }


def _charge(charge: Mapping[str, Any], language: str) -> dict[str, str]:
    """When what is charged, in our words and in those the shop discloses it with."""
    words = say(language, _CHARGES[charge["policy"]], percent=charge["deposit_percent"] or 0)
    return {"policy": str(charge["policy"]), "words": words, "disclosure": charge["disclosure"]}


def _days(earliest: date | None, latest: date | None) -> dict[str, str] | None:
    if latest is None:
        return None
    return {"earliest": (earliest or latest).isoformat(), "latest": latest.isoformat()}
