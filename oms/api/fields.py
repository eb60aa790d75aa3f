"""The values of the contract: codes, quantities, money, dates, and bodies that refuse the unknown."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from inventory.models import MAX_QTY
from oms.kernel import causes
from oms.kernel.errors import InvalidValue

# Calendars are computed with offsets of years; beyond these a date is a typing error.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
_CODE = re.compile(r"[^\x00-\x1f\x7f]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WHOLE = {"type": "integer", "format": "int64"}


class Body(serializers.Serializer[Any]):
    """A JSON object that refuses fields it does not know: a mistyped name must not be lost in silence."""

    default_error_messages = {"unknown_field": "There is no field of this name."}

    def to_internal_value(self, data: Any) -> Any:
        faults: dict[str, Any] = {}
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            message = str(self.error_messages["unknown_field"])
            faults = {name: [ErrorDetail(message, code="unknown_field")] for name in unknown}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            found = error.detail if isinstance(error.detail, dict) else {}
            raise ValidationError({**faults, **found} if faults else error.detail) from error
        if faults:
            raise ValidationError(faults)
        return value


def rows_of(child: type[Body], *, most: int, **kwargs: Any) -> serializers.ListSerializer[Any]:
    """A list of such objects; at least one unless `allow_empty`."""
    return serializers.ListSerializer(child=child(), **{"max_length": most, "allow_empty": False, **kwargs})


class Text(serializers.CharField):
    """A JSON string, and only that; DRF's own field also takes numbers."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class OptionalText(Text):
    """A text that may be left out, empty or null, all meaning none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"required": False, "allow_blank": True, "allow_null": True, "default": "", **kwargs}
        )

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)


class Code(Text):
    """The name of a SKU, location, order …; it must survive as a part of an address."""

    default_error_messages = {
        "unusable_code": "A code has no control characters, no slash at either end and no double slash."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 80, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        parts = code.split("/")
        if not _CODE.fullmatch(code) or any(part in ("", ".", "..") for part in parts):
            self.fail("unusable_code")
        return code


class OptionalCode(OptionalText):
    """A reference by code that may be left out, empty or null, all meaning none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 80, **kwargs})


@extend_schema_field(_WHOLE)
class Whole(serializers.IntegerField):
    """A whole JSON number: no text, no fraction, no boolean."""

    default_error_messages = {"not_whole": "A whole number is needed."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_value": MAX_QTY, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("not_whole")
        return data


class Qty(Whole):
    """Units on a line: at least one, and no more than a person could mean."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, **kwargs})


class Flag(serializers.BooleanField):
    """JSON true or false, and nothing that merely reads like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Day(serializers.DateField):
    """A date as `2026-12-12`."""

    default_error_messages = {"out_of_range": f"Dates lie between {FIRST_DAY} and {LAST_DAY}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": ["iso-8601"], **kwargs})

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            self.fail("invalid", format="YYYY-MM-DD")
        day: date = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("out_of_range")
        return day


class Instant(serializers.DateTimeField):
    """An instant such as `2026-12-12T09:30:00Z`; without a zone it is read as UTC."""

    default_error_messages = {"out_of_range": f"Instants lie between {FIRST_DAY} and {LAST_DAY}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **kwargs})

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        try:
            instant = super().to_internal_value(value).astimezone(UTC)
        except OverflowError:
            self.fail("out_of_range")
        if not FIRST_DAY <= instant.date() <= LAST_DAY:
            self.fail("out_of_range")
        return instant


class Cause(Text):
    """A code of why; see `/causes/`. Shops may bring codes of their own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, "help_text": "A code such as `supplier_late`.", **kwargs})

    def to_internal_value(self, data: Any) -> str:
        try:
            return causes.cause_code(super().to_internal_value(data))
        except InvalidValue as error:
            raise ValidationError(error.message, code="unknown_cause") from error


_MONEY = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,4})?$"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "description": 'In a body also a plain `"12.50"`, meaning euros unless the document says otherwise.',
}


@extend_schema_field(_MONEY)
class Money(serializers.Field[tuple[Decimal, str], Any, Any, Any]):
    """`{"amount": "12.50", "currency": "EUR"}`; a bare amount takes the currency of its surroundings ("")."""

    default_error_messages = {
        "invalid": 'Money is {{"amount": "12.50", "currency": "EUR"}}.',
        "amount": "An amount is a number of at most {places} decimals, not negative, below 10^10.",
        "currency": "A currency is a code of three capital letters such as EUR.",
    }

    def __init__(self, *, places: int = 2, **kwargs: Any) -> None:
        self.places = places
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> tuple[Decimal, str]:
        if not isinstance(data, Mapping):
            return self._amount(data), ""
        if not {"amount"} <= data.keys() <= {"amount", "currency"}:
            self.fail("invalid")
        currency = data.get("currency", "")
        if "currency" in data and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
            self.fail("currency")
        return self._amount(data["amount"]), currency

    def to_representation(self, value: tuple[Decimal, str]) -> dict[str, str]:
        return money(value[0], value[1], places=self.places)

    def _amount(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        # repr gives the shortest text of a JSON number, so 12.1 stays 12.1.
        text = data if isinstance(data, str) else repr(data)
        if not re.fullmatch(rf"\d{{1,10}}(\.\d{{1,{self.places}}})?", text, re.ASCII):
            self.fail("amount", places=self.places)
        try:
            return Decimal(text)
        except InvalidOperation:
            self.fail("amount", places=self.places)


def iso(day: date | None) -> str | None:
    """A day as the contract writes it."""
    return day.isoformat() if day else None


def money(amount: Decimal, currency: str, *, places: int = 2) -> dict[str, str]:
    """An amount as the contract writes it, with at least two decimals."""
    exact = amount.quantize(Decimal(1).scaleb(-places)) if places == 2 else amount.normalize()
    if places != 2 and exact.as_tuple().exponent > -2:  # type: ignore[operator]
        exact = exact.quantize(Decimal("0.01"))
    return {"amount": f"{exact:f}", "currency": currency}
