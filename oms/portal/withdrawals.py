"""What the withdrawal function says: what may be withdrawn from, the statement in words, its receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from backorders import composing, withdrawing
from backorders.models import Withdrawal
from backorders.rules.withdrawing import DONE, Became, Part
from oms.kernel.language import instant, language_of
from oms.orders.models import Order
from oms.portal.words import say

_MEANS = {
    Became.CANCELLED: "withdraw_cancels",
    Became.AT_WAREHOUSE: "withdraw_stops",
    Became.RETURN: "withdraw_returns",
}


@dataclass(frozen=True, slots=True)
class Article:
    """Units of one line that may be withdrawn from, and what that would mean."""

    line_no: int
    qty: int
    title: str
    means: Sequence[str]

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"qty-{self.line_no}"


@dataclass(frozen=True, slots=True)
class Form:
    """What one order lets its customer withdraw from."""

    language: str
    shop: str
    title: str
    order: str
    customer: str
    email: str
    lines: Sequence[Article]

    @property
    def whole(self) -> dict[int, int]:
        """All of it."""
        return {line.line_no: line.qty for line in self.lines}

    def wanted(self, posted: QueryDict) -> dict[int, int]:
        """Units by line number that a form names, none of them more than there are."""
        found = {line.line_no: _number(posted.get(line.name, ""), line.qty) for line in self.lines}
        return {line_no: qty for line_no, qty in found.items() if qty}

    def hidden(self, wanted: Mapping[int, int]) -> list[tuple[str, str]]:
        """The same as fields of the form that confirms."""
        return [(f"qty-{line_no}", str(qty)) for line_no, qty in wanted.items()]

    def statement(self, wanted: Mapping[int, int]) -> list[str]:
        """What the customer is about to declare."""
        put = [say(self.language, "withdraw_statement", order=self.order)]
        put += [f"{wanted[line.line_no]} × {line.title}" for line in self.lines if line.line_no in wanted]
        if self.customer:
            put.append(say(self.language, "withdraw_by", name=self.customer))
        return put


def read(order: Order) -> Form:
    """What the law lets the customer of this order withdraw from now."""
    language = language_of(order.customer.locale)
    titles = {line.line_no: line.sku.title or line.sku.code for line in order.lines.select_related("sku")}
    parts: dict[int, list[Part]] = {}
    for part in withdrawing.preview(order):
        if part.became in DONE:
            parts.setdefault(part.line_no, []).append(part)
    return Form(
        language=language,
        shop=order.channel.name or order.channel.code,
        title=say(language, "title", order=order.number),
        order=order.number,
        customer=order.customer.name,
        email=order.customer.email,
        lines=[
            Article(
                line_no=line_no,
                qty=sum(part.qty for part in mine),
                title=titles[line_no],
                means=[say(language, _MEANS[part.became], qty=part.qty) for part in mine],
            )
            for line_no, mine in sorted(parts.items())
        ],
    )


def statement_of(language: str, given: Mapping[str, str]) -> list[str]:
    """A statement about a whole order as it was typed."""
    put = [
        say(language, "withdraw_statement", order=given["order"]),
        say(language, "withdraw_email", email=given["email"]),
    ]
    return [*put, say(language, "withdraw_by", name=given["name"])] if given["name"] else put


def received_words(row: Withdrawal, language: str) -> str:
    """When it reached us, and under which number it is kept."""
    at = instant(row.at, composing.house_zone(), language)
    return say(language, "withdraw_received", at=at, number=row.pk)


def _number(typed: str, most: int) -> int:
    return min(int(typed), most) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
