"""Codes of catalogue records: given in the body of a POST, in the address of a PUT."""

from typing import Any

from django.db.models import Model
from rest_framework.exceptions import ErrorDetail, ValidationError

from oms.api.fields import Code
from oms.kernel.errors import Conflict


def new_code(kind: type[Model], data: Any) -> str:
    """The code of a new record; raises Conflict `already_exists` if it is taken."""
    code = data.get("code")
    if not code:
        raise ValidationError({"code": [ErrorDetail("This field is required.", code="required")]})
    if kind._default_manager.filter(code=code).exists():
        words = f"There is a {kind._meta.verbose_name} {code} already."
        raise Conflict(words, code="already_exists", field="code")
    return str(code)


def path_code(code: str, data: Any, *, longest: int = 80) -> str:
    """The code of the address, checked; a code in the body must say the same."""
    if data.get("code", code) != code:
        raise ValidationError({"code": [ErrorDetail(f"The address says {code!r}.", code="mismatch")]})
    try:
        return str(Code(max_length=longest).run_validation(code))
    except ValidationError as error:
        raise ValidationError({"code": error.detail}) from error
