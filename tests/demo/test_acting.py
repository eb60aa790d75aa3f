"""Commands of a simulated shop: again where the machine was busy, never where they were refused."""

import pytest
from django.db import OperationalError

from oms.demo.acting import TRIES, act
from oms.kernel.errors import InvalidValue

pytestmark = pytest.mark.django_db(transaction=True)


class _Cause(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def _fails(times: int, sqlstate: str, seen: list[int]) -> str:
    seen.append(1)
    if len(seen) <= times:
        raise OperationalError("busy") from _Cause(sqlstate)
    return "done"


def test_a_row_that_stays_locked_is_waited_for() -> None:
    seen: list[int] = []

    assert act(_fails, 2, "55P03", seen) == "done"
    assert len(seen) == 3


def test_not_for_ever() -> None:
    seen: list[int] = []

    with pytest.raises(OperationalError):
        act(_fails, 100, "55P03", seen)
    assert len(seen) == TRIES


def test_other_failures_are_not_repeated() -> None:
    seen: list[int] = []

    def refuse() -> None:
        seen.append(1)
        raise InvalidValue("no")

    with pytest.raises(InvalidValue):
        act(refuse)
    with pytest.raises(OperationalError):
        act(_fails, 100, "57014", seen)
    assert len(seen) == 2
