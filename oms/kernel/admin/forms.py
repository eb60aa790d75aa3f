"""The small forms of the buttons: plain fields in the theme's clothes, a cause and a note."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from unfold import widgets

from oms.kernel.causes import CAUSES

NOTE_LENGTH = 500
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DateInput(forms.DateInput):
    """The browser's own calendar: works on a phone, by keyboard and without a script."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


_LOOK_OF: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.widgets.Input, widgets.INPUT_CLASSES),
)


class AskForm(forms.Form):
    """What a button asks before it does its work."""

    required_css_class = "required"
    columns: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: list[tuple[str, list[str]]] = []
        for field in self.fields.values():
            dress(field)

    def add_row(self, title: str, fields: Mapping[str, forms.Field]) -> None:
        """Ask the same `columns` of one more document line, in a table."""
        for name, field in fields.items():
            self.fields[name] = field
            field.label = f"{title}, {field.label or name}"
            # In a table there is no label beside the field to see; who cannot see hears it.
            field.widget.attrs["aria-label"] = field.label
            dress(field)
        self.rows.append((title, list(fields)))

    def grid(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The rows of the table, as the template draws them."""
        return [(title, [self[name] for name in names]) for title, names in self.rows]

    def field_of(self, named: str) -> str | None:
        """Which field of the form a refusal speaks of; none if it is about the whole."""
        return named if named in self.fields else None

    def loose(self) -> list[forms.BoundField]:
        """The fields outside the table."""
        inside = {name for _, names in self.rows for name in names}
        return [field for field in self.visible_fields() if field.name not in inside]


class WhyForm(AskForm):
    """Why."""

    cause = forms.ChoiceField(label="Why")

    def __init__(self, *args: Any, causes: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [(code, CAUSES[code].label) for code in causes or CAUSES]
        self.fields["cause"].choices = options  # type: ignore[attr-defined]


class CauseForm(WhyForm):
    """Why, and what else there is to say."""

    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For the history; customers never see it.",
    )


class DateField(forms.DateField):
    """A calendar day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DateInput(), **kwargs)


class QtyField(forms.IntegerField):
    """A whole number of units in the SKU's stocking unit."""

    def __init__(self, *, least: int = 1, most: int | None = None, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, **kwargs)


class WorkDaysField(forms.TypedMultipleChoiceField):
    """Days of the week as boxes to tick; 0 is Monday."""

    def __init__(self, label: str = "Works on") -> None:
        super().__init__(
            choices=list(enumerate(WEEKDAYS)),
            coerce=int,
            widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
            required=False,
            label=label,
        )


def dress(field: forms.Field) -> None:
    """Give a field's widget the look of the theme."""
    if isinstance(field.widget, forms.HiddenInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        return
    for kind, classes in _LOOK_OF:
        if isinstance(field.widget, kind):
            field.widget.attrs["class"] = " ".join(classes)
            return


def once_field() -> forms.CharField:
    """A number given to the form when it is drawn: sent twice, it does its work once."""
    return forms.CharField(max_length=60, widget=forms.HiddenInput())


def once() -> dict[str, str]:
    """What a fresh form carries in its `once_field`."""
    return {"once": f"admin-{secrets.token_hex(12)}"}
