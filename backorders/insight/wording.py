"""Key figures as people read them."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from backorders.insight.kpis import Figure, Unit

NOTHING = "—"


def value(figure: Figure) -> str:
    """The value with one decimal and its unit; a dash where there was nothing to divide by."""
    if figure.value is None:
        return NOTHING
    return _WRITERS[figure.unit](figure.value)


def basis(figure: Figure) -> str:
    """The pair a share came from, such as `21 / 42`; empty for other figures."""
    return " / ".join(_number(part) for part in figure.of) if figure.of else ""


def rows(figures: Iterable[Figure]) -> list[tuple[str, str, str]]:
    """Label, value and basis of each figure."""
    return [(figure.label, value(figure), basis(figure)) for figure in figures]


def _number(number: Fraction) -> str:
    return f"{number.numerator:,}" if number.denominator == 1 else f"{float(number):,.2f}"


_WRITERS: Mapping[Unit, Callable[[Fraction], str]] = {
    Unit.SHARE: lambda number: f"{float(number * 100):.1f} %",
    Unit.DAYS: lambda number: f"{float(number):.2f} d",
    Unit.SECONDS: lambda number: f"{float(number):.3f} s",
    Unit.MONEY: lambda number: f"{float(number):,.2f}",
    Unit.UNITS: _number,
    Unit.POINTS: lambda number: f"{float(number):+.1f} points",
    Unit.TIMES: lambda number: f"{float(number):.2f}",
}
