"""A plain reorder rule: when what is there and what is to come falls below what the lead time will take."""

from dataclasses import dataclass
from math import ceil

# Four weeks' worth at a time: fewer, larger purchases, as a shop that buys overseas places them.
REVIEW_DAYS = 28
SAFETY_DAYS = 7
# The weight of the newest day in the running mean of demand: about the last three weeks count.
NEWEST = 0.1


@dataclass(slots=True)
class Shelf:
    """What the rule knows of one SKU: units it could still sell (may be negative), mean daily demand."""

    lead_days: int
    pack_qty: int = 1
    moq: int = 1
    position: int = 0
    """Stock and open purchases, less open demand."""
    daily: float = 0.0
    today_qty: int = 0
    is_known: bool = False
    is_bought_when_sold: bool = False
    """Nothing of it is kept: only what is owed is bought."""

    def sell(self, qty: int) -> None:
        """Demand of so many units."""
        self.position -= qty
        self.today_qty += qty

    def give_back(self, qty: int) -> None:
        """So many units of demand went away, or were found."""
        self.position += qty

    def end_day(self) -> None:
        """Let the day's demand into the running mean; the first day of a SKU is no mean yet."""
        weight = NEWEST if self.is_known else 2 * NEWEST
        if not self.is_bought_when_sold:
            self.daily += weight * (self.today_qty - self.daily)
        self.is_known = True
        self.today_qty = 0

    def order_qty(self) -> int:
        """Units to buy now, none where enough is there or coming; in packs, at least the MOQ."""
        trigger = self.daily * (self.lead_days + SAFETY_DAYS)
        short = trigger + self.daily * REVIEW_DAYS - self.position
        if self.position > trigger or short <= 0:
            return 0
        wanted = max(self.moq, ceil(short))
        return ceil(wanted / self.pack_qty) * self.pack_qty
