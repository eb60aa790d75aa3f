"""How plain model fields are headed and written: units, days and doers in words, links to what is named."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
)
from django.utils.text import capfirst

from oms.kernel import shown

# Words that say more than the name of the field does.
HEADINGS = {
    "external_id": "Their number",
    "moq": "MOQ",
    "qty": "Units",
    "sku": "SKU",
    "unit_price": "Price of one",
    "unit_cost": "Cost of one",
}
DROPPED = ("is_", "has_")
# What a row is called by itself, and what it may be about.
OWN_NAMES = ("number", "name", "code", "external_id", "email", "line_no", "token_hash")
SUBJECTS = ("order_line", "line", "order", "sku", "cap", "protection", "policy", "purchase_line", "message")


def heading(field: Field[Any, Any]) -> str:
    """What a field is called where people read it; a verbose name given by hand stays."""
    own = str(field.verbose_name)
    if own != field.name.replace("_", " "):
        return capfirst(own)
    if field.name in HEADINGS:
        return HEADINGS[field.name]
    name = next((field.name.removeprefix(start) for start in DROPPED if field.name.startswith(start)), "")
    words = (name or field.name).split("_")
    if isinstance(field, DateField) and words[-1] in ("on", "at") and len(words) > 1:
        words = words[:-1]
    said = " ".join("units" if word == "qty" else "SKU" if word == "sku" else word for word in words)
    return f"{said[:1].upper()}{said[1:]}"


def words(field: Field[Any, Any], row: Model, *, is_linked: bool = True) -> str:
    """The value of a field as people read it; a row that it names becomes a link if wanted."""
    value = getattr(row, field.name)
    if value is None or value == "":
        return shown.NOTHING
    if field.flatchoices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(field, ForeignKey):
        return shown.link(value) if is_linked and admin.site.is_registered(type(value)) else str(value)
    if isinstance(field, JSONField):
        return shown.told(value)
    return _plain(field, value)


def _plain(field: Field[Any, Any], value: Any) -> str:
    """Days, instants, yes and no, units, doers and causes; anything else as it is."""
    if isinstance(field, DateTimeField):
        return shown.instant(value)
    if isinstance(field, DateField):
        return shown.day(value)
    if isinstance(field, BooleanField):
        return "yes" if value else shown.muted("no")
    if isinstance(field, IntegerField) and field.name.endswith("qty"):
        return f"{value:,}"
    if field.name.endswith("_by") or field.name == "by":
        return shown.who(str(value))
    return shown.cause(str(value)) if field.name.endswith("cause") else str(value)


@cache
def column(field: Field[Any, Any], *, is_linked: bool = True) -> Callable[[Model], str]:
    """A column, or a line of a page, for a field."""

    def told(row: Model) -> str:
        return words(field, row, is_linked=is_linked)

    told.__name__ = field.name
    return admin.display(description=heading(field), ordering=field.name)(told)


def column_of(model: type[Model], name: Any, *, is_linked: bool = True) -> Any:
    """The column of a field of the model; what is no field, such as a method of the page, stays as it is."""
    if not isinstance(name, str):
        return [column_of(model, part) for part in name] if isinstance(name, list | tuple) else name
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    return name if field is None else column(field, is_linked=is_linked)


def title(row: Model) -> str:
    """How a row without a name of its own is headed: what it is, and of which line, SKU or order."""
    if any(hasattr(row, own) for own in OWN_NAMES):
        return str(row)
    kind = capfirst(str(row._meta.verbose_name))
    about = _about(row) or next(filter(None, (_about(part) for part in _parts(row))), None)
    return f"{kind} of {about}" if about else str(row)


def _about(row: Model) -> Model | None:
    return next(filter(None, (getattr(row, name, None) for name in SUBJECTS)), None)


def _parts(row: Model) -> list[Model]:
    named = [field.name for field in row._meta.concrete_fields if isinstance(field, ForeignKey)]
    return [part for name in named if (part := getattr(row, name)) is not None]
