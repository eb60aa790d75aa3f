"""Buttons of production orders: schedule, start, book what was made, change, cancel."""

from typing import Any

from django import forms

from inventory import producing
from inventory.models import Location, ProductionOrder, Sku
from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, CauseForm, DateField, QtyField, WhyForm

State = ProductionOrder.State
TO_COME = (State.SCHEDULED, State.STARTED)


class ScheduleForm(AskForm):
    """A production order to be."""

    number = forms.CharField(max_length=60, help_text="Your own number, such as MO-1042.")
    location = forms.ModelChoiceField(Location.objects.none(), label="Made at")
    sku = forms.CharField(max_length=80, label="SKU", help_text="Its code.")
    qty = QtyField(label="Units")
    expected_on = DateField(label="Finished", help_text="The day it is believed to be finished.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = Location.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_sku(self) -> Sku:
        code: str = self.cleaned_data["sku"].strip()
        if sku := Sku.objects.filter(code=code).first():
            return sku
        raise forms.ValidationError(f"There is no SKU {code}.")


class ScheduleProduction(Button[ProductionOrder]):
    """Plan to make units."""

    slug = "schedule"
    label = "New production order"
    says = "Plans to make units of a SKU. They are supply at once: orders may be promised from them."
    icon = "add"
    tone = "go"
    permission = "inventory.make_productionorder"
    form = ScheduleForm

    def press(self, data: dict[str, Any]) -> Done:
        order = producing.schedule_production(
            number=data["number"],
            location_id=data["location"].pk,
            sku_id=data["sku"].pk,
            qty=data["qty"],
            expected_on=data["expected_on"],
            actor=self.actor,
        )
        return Done(f"{order} is scheduled; its units count as supply.", shown.page_of(order))


class StartProduction(Button[ProductionOrder]):
    """Work has begun."""

    slug = "start"
    label = "Start"
    says = "Says that work has begun. What it will yield is trusted more than what is only scheduled."
    icon = "play_arrow"
    tone = "go"
    permission = "inventory.make_productionorder"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.state == State.SCHEDULED

    def press(self, data: dict[str, Any]) -> Done:
        producing.start_production(production_order_id=self.row.pk, actor=self.actor)
        return Done(f"{self.row} has started.")


class FinishForm(WhyForm):
    """What was made, and in what condition."""

    accepted_qty = QtyField(least=0, label="Good units")
    rejected_qty = QtyField(least=0, label="Rejected", initial=0)
    held_qty = QtyField(least=0, label="On hold", initial=0)
    hold_clears_on = DateField(required=False, label="Hold clears")
    may_exceed = forms.BooleanField(required=False, label="More was made than ordered, and that is right")
    field_order = (
        *("accepted_qty", "rejected_qty", "held_qty", "hold_clears_on", "may_exceed"),
        "cause",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].label = "Why units are lacking, if some are"


class FinishProduction(Button[ProductionOrder]):
    """Book what was made."""

    slug = "finish"
    label = "Finish"
    says = (
        "Books what was made. Customers who wait for it get it first, best rank first; what is lacking is "
        "cut, and its claims are planned again."
    )
    icon = "task_alt"
    tone = "go"
    permission = "inventory.make_productionorder"
    form = FinishForm
    causes = ("production_short", "quality", "damaged", "other")

    def is_offered(self) -> bool:
        return self.row.state in TO_COME

    def initial(self) -> dict[str, Any]:
        return {"accepted_qty": self.row.qty}

    def press(self, data: dict[str, Any]) -> Done:
        yielded = producing.Yielded(
            accepted_qty=data["accepted_qty"],
            rejected_qty=data["rejected_qty"],
            held_qty=data["held_qty"],
            hold_clears_on=data["hold_clears_on"],
        )
        producing.finish_production(
            production_order_id=self.row.pk,
            yielded=yielded,
            may_exceed=data["may_exceed"],
            cause=data["cause"],
            actor=self.actor,
        )
        return Done(f"{self.row} is finished: {shown.count(yielded.accepted_qty, 'good unit')}.")


class ChangeForm(CauseForm):
    """The new day or quantity."""

    expected_on = DateField(label="Finished")
    qty = QtyField(label="Units in all")
    field_order = ("expected_on", "qty", "cause", "note")


class ChangeProduction(Button[ProductionOrder]):
    """Slip, pull in, cut or grow."""

    slug = "change"
    label = "Change day or quantity"
    says = "Promises follow within a minute. Fewer units: the worst-ranked orders lose their claim at once."
    icon = "edit_calendar"
    permission = "inventory.make_productionorder"
    form = ChangeForm
    causes = ("production_late", "production_early", "production_short", "other")

    def is_offered(self) -> bool:
        return self.row.state in TO_COME

    def initial(self) -> dict[str, Any]:
        return {"expected_on": self.row.expected_on, "qty": self.row.qty}

    def press(self, data: dict[str, Any]) -> Done:
        producing.change_production(production_order_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row}: {data['qty']:,} units on {shown.day(data['expected_on'])}.")


class CancelProduction(Button[ProductionOrder]):
    """It will not be made."""

    slug = "cancel"
    label = "Cancel"
    says = "It will not be made. Customers who wait for it are re-planned, and told if their promise breaks."
    icon = "cancel"
    tone = "bad"
    permission = "inventory.make_productionorder"
    form = CauseForm
    causes = ("production_short", "purchase_changed", "discontinued", "other")

    def is_offered(self) -> bool:
        return self.row.state in TO_COME

    def press(self, data: dict[str, Any]) -> Done:
        producing.cancel_production(production_order_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is cancelled.")
