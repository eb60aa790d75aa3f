"""Every kind of message we know, one line each; its words are in `letters/<kind>/<language>.txt`."""

from dataclasses import dataclass

from oms.kernel.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message. `is_legal`: the law wants it told, so rather twice than never.

    `is_marketing`: told only to who asked for it, and no more to who opted out. `is_optional`: told only
    where a way to tell it was chosen.
    """

    code: str
    is_legal: bool = False
    is_marketing: bool = False
    is_optional: bool = False


# A delay notice is demanded by 16 CFR 435 and its like; the acknowledgement of a withdrawal, on a durable
# medium, by directive 2023/2673. All else a person may send again.
_ALL = (
    Kind("confirmation"),
    Kind("delay_notice", is_legal=True),
    Kind("delay_reminder"),
    Kind("mid_wait"),
    Kind("ready_to_ship", is_optional=True),
    Kind("partly_shipped"),
    Kind("shipped"),
    Kind("cancelled", is_legal=True),
    Kind("withdrawal", is_legal=True),
    Kind("good_news"),
    Kind("refund_sent"),
    Kind("payment_ends"),
    Kind("back_in_stock", is_marketing=True),
    Kind("waitlist_offer", is_marketing=True),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
LEGAL = [kind.code for kind in _ALL if kind.is_legal]


def kind_of(code: str) -> Kind:
    """The kind with this code; raises InvalidValue for one we do not know."""
    try:
        return KINDS[code]
    except KeyError:
        raise InvalidValue(f"There is no message of kind {code!r}.", field="kind") from None
