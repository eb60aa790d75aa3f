"""Buttons on stock: count it, hold it for quality, clear a hold."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest

from inventory import counting, holding
from inventory.models import Location, Sku, StockHold, Supply
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, CauseForm, DateField, QtyField, once, once_field

COUNT_CAUSES = ("count", "damaged", "other")
HOLD_CAUSES = ("quality", "damaged", "quarantine", "other")


class AtLocation(CauseForm):
    """A form that asks at which active location."""

    location = forms.ModelChoiceField(Location.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = Location.objects.filter(is_active=True)  # type: ignore[attr-defined]


class CountForm(AtLocation):
    """What somebody counted, or by how much the books are wrong."""

    counted_qty = QtyField(
        least=0, required=False, label="Units counted", help_text="Shippable units on the shelf, now."
    )
    delta = forms.IntegerField(
        required=False, label="or a difference", help_text="Such as -3 when three are broken."
    )
    once = once_field()

    field_order = ("location", "counted_qty", "delta", "cause", "note")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        given = [name for name in ("counted_qty", "delta") if data.get(name) is not None]
        if len(given) != 1 and not self.errors:
            self.add_error("counted_qty", "Say either what was counted or the difference.")
        return data


class CountStock(Button[Sku]):
    """Correct what the books say is on the shelf."""

    slug = "count"
    label = "Count stock"
    says = (
        "Corrects shippable stock to what is really there. When units are missing, the claims of the "
        "worst-ranked orders go with them and those customers are told; when some are found, the next in the "
        "queue get them."
    )
    icon = "calculate"
    permission = "inventory.count_stock"
    form = CountForm
    causes = COUNT_CAUSES

    def initial(self) -> dict[str, Any]:
        return once()

    def press(self, data: dict[str, Any]) -> Done:
        as_of: datetime | None = clock.now() if data["counted_qty"] is not None else None
        count = counting.count_stock(
            external_id=data["once"],
            source=str(self.actor),
            sku_id=self.row.pk,
            location_id=data["location"].pk,
            delta=data["delta"],
            counted_qty=data["counted_qty"],
            as_of=as_of,
            cause=data["cause"],
            note=data["note"],
            actor=self.actor,
        )
        return Done(f"Stock of {self.row} at {data['location']} changed by {count.delta_qty:+,}.")


class HoldForm(AtLocation):
    """How many units must not ship, and until when."""

    qty = QtyField(label="Units")
    clears_on = DateField(required=False, label="Expected to clear", help_text="Empty: nobody knows.")

    field_order = ("location", "qty", "clears_on", "cause", "note")


class HoldStock(Button[Sku]):
    """Keep units from shipping."""

    slug = "hold"
    label = "Hold units"
    says = (
        "Takes units off the shelf for quality, damage or quarantine. Unclaimed units go first; if that is "
        "not enough, the worst-ranked orders lose their claim and are re-planned."
    )
    icon = "front_hand"
    permission = "inventory.hold_stock"
    form = HoldForm
    causes = HOLD_CAUSES

    def press(self, data: dict[str, Any]) -> Done:
        hold = holding.place_hold(
            sku_id=self.row.pk,
            location_id=data["location"].pk,
            qty=data["qty"],
            cause=data["cause"],
            clears_on=data["clears_on"],
            note=data["note"],
            actor=self.actor,
        )
        return Done(f"{shown.count(hold.qty, 'unit')} of {self.row} held at {data['location']}.")


class ClearForm(AskForm):
    """How many of the held units are good."""

    good_qty = QtyField(least=0, label="Good units", help_text="The rest is written off.")


class ClearHold(Button[StockHold]):
    """End a hold."""

    slug = "clear"
    label = "Clear hold"
    says = (
        "Puts the good units back on the shelf, where the next in the queue get them, and writes off "
        "the rest."
    )
    icon = "task_alt"
    tone = "go"
    permission = "inventory.hold_stock"
    form = ClearForm

    def is_offered(self) -> bool:
        return self.row.cleared_at is None

    def initial(self) -> dict[str, Any]:
        return {"good_qty": self.row.qty}

    def press(self, data: dict[str, Any]) -> Done:
        holding.clear_hold(hold_id=self.row.pk, good_qty=data["good_qty"], actor=self.actor)
        return Done(f"{shown.count(data['good_qty'], 'unit')} of {self.row.sku} back on the shelf.")


class CountHere(CountStock):
    """The same from a supply's page, where SKU and location are known."""

    def __init__(self, request: HttpRequest, row: Supply) -> None:
        super().__init__(request, row.sku)
        self.stock = row

    def is_offered(self) -> bool:
        return self.stock.kind == Supply.Kind.STOCK

    def initial(self) -> dict[str, Any]:
        return {**super().initial(), "location": self.stock.location_id}
