"""Buttons of transfers: draft, dispatch, book what arrived, move to another day, call back."""

import re
from typing import Any

from django import forms

from inventory import transferring
from inventory.models import Location, Sku, Transfer, TransferLine
from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm, CauseForm, DateField, QtyField, WhyForm

State = Transfer.State
ON_ITS_WAY = (State.DRAFT, State.DISPATCHED)


class SentField(forms.CharField):
    """SKU and quantity, one line each; what a spreadsheet pastes is understood."""

    widget = forms.Textarea(attrs={"rows": 6, "placeholder": "CHAIR-OAK 12"})

    def clean(self, value: Any) -> list[tuple[int, int]]:
        rows = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        parsed = [self._parsed(number, row) for number, row in enumerate(rows, start=1)]
        known = dict(Sku.objects.filter(code__in=[code for code, _ in parsed]).values_list("code", "pk"))
        if unknown := [code for code, _ in parsed if code not in known]:
            raise forms.ValidationError(f"There is no SKU {unknown[0]}.")
        return [(known[code], qty) for code, qty in parsed]

    def _parsed(self, number: int, row: str) -> tuple[str, int]:
        words = re.split(r"[\s;,]+", row)
        if len(words) != 2 or not words[1].isdecimal():
            raise forms.ValidationError(f"Line {number}: write SKU and whole quantity, as CHAIR-OAK 12.")
        return words[0], int(words[1])


class DraftForm(AskForm):
    """A transfer to be."""

    number = forms.CharField(max_length=60, help_text="Your own number, such as TR-1042.")
    from_location = forms.ModelChoiceField(Location.objects.none(), label="From")
    to_location = forms.ModelChoiceField(Location.objects.none(), label="To")
    expected_on = DateField(label="Expected", help_text="The day it is at the destination's dock.")
    lines = SentField(help_text="One line per SKU: code and units.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_location", "to_location"):
            self.fields[name].queryset = Location.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def field_of(self, named: str) -> str | None:
        return "lines" if named.startswith("lines") else super().field_of(named)


class DraftTransfer(Button[Transfer]):
    """Write down what shall move."""

    slug = "draft"
    label = "New transfer"
    says = "Writes a draft. Nothing moves, and nothing is promised from it, until it is dispatched."
    icon = "add"
    tone = "go"
    permission = "inventory.send_transfer"
    form = DraftForm

    def press(self, data: dict[str, Any]) -> Done:
        transfer = transferring.draft_transfer(
            number=data["number"],
            from_location_id=data["from_location"].pk,
            to_location_id=data["to_location"].pk,
            expected_on=data["expected_on"],
            lines=data["lines"],
            actor=self.actor,
        )
        return Done(f"{transfer} is drafted. Dispatch it when it leaves.", shown.page_of(transfer))


class DispatchForm(AskForm):
    """When it will be there, and whether claimed units may go too."""

    expected_on = DateField(label="Expected at the destination")
    may_unpeg = forms.BooleanField(
        required=False,
        label="Take claimed units too",
        help_text="The worst-ranked orders that claim them lose them here and are planned again.",
    )


class DispatchTransfer(Button[Transfer]):
    """The goods leave."""

    slug = "dispatch"
    label = "Dispatch"
    says = (
        "Takes the units off the shelf of the source. From now on they are supply where they go, and orders "
        "may be promised from them."
    )
    icon = "local_shipping"
    tone = "go"
    permission = "inventory.send_transfer"
    form = DispatchForm

    def is_offered(self) -> bool:
        return self.row.state == State.DRAFT

    def initial(self) -> dict[str, Any]:
        return {"expected_on": self.row.expected_on}

    def press(self, data: dict[str, Any]) -> Done:
        transferring.dispatch_transfer(transfer_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is on its way to {self.row.to_location}.")


class ArriveForm(WhyForm):
    """What came of each line."""

    columns = ("Accepted", "On hold", "Hold clears")

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].label = "Why units are missing, if some are"
        self.lines: list[TransferLine] = list(transfer.lines.select_related("sku"))
        for row in self.lines:
            self.add_row(
                f"{row.qty:,} × {row.sku}",
                {
                    f"accepted_{row.pk}": QtyField(least=0, most=row.qty, initial=row.qty, label="accepted"),
                    f"held_{row.pk}": QtyField(least=0, most=row.qty, initial=0, label="on hold"),
                    f"clears_{row.pk}": DateField(required=False, label="hold clears"),
                },
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        return {**data, "arrived": [self._arrived(row, data) for row in self.lines]}

    def field_of(self, named: str) -> str | None:
        found = re.fullmatch(r"lines\[(\d+)\]\.(accepted|held)_qty", named)
        return f"{found[2]}_{self.lines[int(found[1])].pk}" if found else super().field_of(named)

    def _arrived(self, row: TransferLine, data: dict[str, Any]) -> transferring.ArrivedLine:
        return transferring.ArrivedLine(
            line_no=row.line_no,
            accepted_qty=data[f"accepted_{row.pk}"],
            held_qty=data[f"held_{row.pk}"],
            hold_clears_on=data[f"clears_{row.pk}"],
        )


class ArriveTransfer(Button[Transfer]):
    """Book what arrived."""

    slug = "arrive"
    label = "Book arrival"
    says = (
        "Books what arrived. Customers who wait for it get it first, best rank first. What is neither "
        "accepted nor on hold is missing: its claims are planned again."
    )
    icon = "move_to_inbox"
    tone = "go"
    permission = "inventory.send_transfer"
    form = ArriveForm
    causes = ("lost_on_the_way", "damaged", "count", "other")

    def is_offered(self) -> bool:
        return self.row.state == State.DISPATCHED

    def form_kwargs(self) -> dict[str, Any]:
        return {**super().form_kwargs(), "transfer": self.row}

    def press(self, data: dict[str, Any]) -> Done:
        transferring.arrive_transfer(
            transfer_id=self.row.pk, lines=data["arrived"], cause=data["cause"], actor=self.actor
        )
        units = sum(line.accepted_qty for line in data["arrived"])
        return Done(f"{self.row} has arrived: {shown.count(units, 'unit')} accepted.")


class MoveForm(CauseForm):
    """When it is there."""

    expected_on = DateField(label="Expected")
    field_order = ("expected_on", "cause", "note")


class MoveTransfer(Button[Transfer]):
    """It will be there on another day."""

    slug = "move"
    label = "Change day"
    says = "Everything on it gets the new day at once. Promises follow within a minute."
    icon = "edit_calendar"
    permission = "inventory.send_transfer"
    form = MoveForm
    causes = ("transport_late", "customs", "transfer", "other")

    def is_offered(self) -> bool:
        return self.row.state in ON_ITS_WAY

    def initial(self) -> dict[str, Any]:
        return {"expected_on": self.row.expected_on}

    def press(self, data: dict[str, Any]) -> Done:
        transferring.move_transfer(transfer_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is expected on {shown.day(data['expected_on'])}.")


class CancelTransfer(Button[Transfer]):
    """It does not go."""

    slug = "cancel"
    label = "Call back"
    says = (
        "It does not go. What has left is on the shelf of the source again; orders that claimed it at the "
        "destination are planned again."
    )
    icon = "cancel"
    tone = "bad"
    permission = "inventory.send_transfer"
    form = CauseForm
    causes = ("transfer", "transport_late", "other")

    def is_offered(self) -> bool:
        return self.row.state in ON_ITS_WAY

    def press(self, data: dict[str, Any]) -> Done:
        transferring.cancel_transfer(transfer_id=self.row.pk, actor=self.actor, **data)
        return Done(f"{self.row} is called back.")
