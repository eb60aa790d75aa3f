"""Every kind of message we know, one line each; its words are in `letters/<kind>/<language>.txt`."""

from dataclasses import dataclass

from oms.kernel.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message. `is_legal`: the law wants it told, so rather twice than never."""

    code: str
    is_legal: bool = False


# A delay notice is demanded by 16 CFR 435 and its like; the cancellation is the acknowledgement on a durable
# medium that directive 2023/2673 wants. All else a person may send again.
_ALL = (
    Kind("confirmation"),
    Kind("delay_notice", is_legal=True),
    Kind("partly_shipped"),
    Kind("shipped"),
    Kind("cancelled", is_legal=True),
    Kind("good_news"),
    Kind("refund_sent"),
    Kind("payment_ends"),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
LEGAL = [kind.code for kind in _ALL if kind.is_legal]


def kind_of(code: str) -> Kind:
    """The kind with this code; raises InvalidValue for one we do not know."""
    try:
        return KINDS[code]
    except KeyError:
        raise InvalidValue(f"There is no message of kind {code!r}.", field="kind") from None
