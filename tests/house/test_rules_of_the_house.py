"""What we agreed on, checked over the syntax trees of our own files."""

import ast
import statistics
from collections.abc import Callable

import pytest

from tests.house.code import EVERYTHING, PRODUCT, Function, Source, called, dotted, sources, words

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10

FORBIDDEN_FILES = {"services", "utils", "helpers", "managers", "signals", "common", "misc"}
BANNED_WORDS = {
    *("reserve", "reserved", "reservation", "reservations", "pending", "processing", "eta"),
    *("fulfil", "fulfill", "fulfilled", "fulfilment", "fulfillment", "reallocate", "reshuffle"),
    *("util", "utils", "helper", "helpers", "manager", "managers", "misc", "info"),
}
BANNED_VERBS = {"update", "process", "handle", "manage", "sync"}
# Names that a framework or a vendor's contract gives, not we.
GIVEN_NAMES = {"update_or_create", "update_from_dict", "process_request", "process_view", "process_response"}
VENDOR_FOLDERS = ("oms/connectors/",)

TIME_SOURCES = {
    *("timezone.now", "timezone.localtime", "timezone.localdate", "date.today", "datetime.today"),
    *("datetime.now", "datetime.utcnow", "datetime.date.today", "datetime.datetime.now", "time.time"),
}
DOORBELLS = {"delay", "apply_async", "send_task", "on_commit"}
SIGNAL_MODULES = ("django.dispatch", "django.db.models.signals", "django.core.signals", "celery.signals")


def locks_elsewhere(source: Source) -> list[str]:
    """Row locks, in the ORM or in SQL, belong to files called locks.py."""
    if source.path.name == "locks.py":
        return []
    calls = [call for call in source.calls() if called(call) == "select_for_update"]
    sql = [node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and _is_lock(node.value)]
    return [f"line {node.lineno}: a row lock" for node in (*calls, *sql)]


def _is_lock(value: object) -> bool:
    return isinstance(value, str) and any(words in value for words in ("FOR UPDATE", "FOR NO KEY UPDATE"))


def receivers(source: Source) -> list[str]:
    """Nobody can see what a save does when signals do it."""
    return sorted(name for name in source.imported() if name.startswith(SIGNAL_MODULES))


def lambdas_after_commit(source: Source) -> list[str]:
    """A lambda in a loop sees only the loop's last value."""
    return [
        f"line {call.lineno}"
        for call in source.calls()
        if called(call) == "on_commit"
        if any(isinstance(node, ast.Lambda) for node in ast.walk(call))
    ]


def doorbells_elsewhere(source: Source) -> list[str]:
    """Only nudge.py knows how to ask for a job."""
    if str(source) == "oms/kernel/nudge.py":
        return []
    return [f"line {call.lineno}: {called(call)}" for call in source.calls() if called(call) in DOORBELLS]


def time_elsewhere(source: Source) -> list[str]:
    """Only clock.py asks the time, so that a test, a replay and the demo can choose it."""
    if str(source) == "oms/kernel/clock.py":
        return []
    asked = [node for node in ast.walk(source.tree) if dotted(node) in TIME_SOURCES]
    hidden = [
        word.value
        for call in source.calls()
        for word in call.keywords
        if word.arg in {"auto_now", "auto_now_add"}
    ]
    return [f"line {node.lineno}" for node in (*asked, *hidden) if isinstance(node, ast.expr)]


def banned_words(source: Source) -> list[str]:
    """The glossary gives each thing one word; these are the ones it takes away."""
    if str(source).startswith(VENDOR_FOLDERS):
        return []
    named = [node for node in ast.walk(source.tree) if isinstance(node, Function | ast.ClassDef)]
    return [f"line {node.lineno}: {node.name}" for node in named if _is_banned(node.name)]


def _is_banned(name: str) -> bool:
    said = words(name)
    verb = len(said) > 1 and said[0] in BANNED_VERBS
    return name not in GIVEN_NAMES and (bool(BANNED_WORDS & set(said)) or verb or said == ["available"])


def forbidden_file(source: Source) -> list[str]:
    """A file is named after what the business does."""
    return [source.path.name] if source.path.stem in FORBIDDEN_FILES else []


def too_long_file(source: Source) -> list[str]:
    """A file that everybody appends to becomes the bad part of the project."""
    lines = source.text.count("\n")
    return [f"{lines} lines"] if lines > LONGEST_FILE else []


def too_long_function(source: Source) -> list[str]:
    """A function fits on one screen."""
    return [
        f"{node.name}: {_length(node)} lines"
        for node in source.functions()
        if _length(node) >= LONGEST_FUNCTION
    ]


def no_docstring(source: Source) -> list[str]:
    """A module says in a sentence what it decides; an empty package file has nothing to say."""
    return [] if ast.get_docstring(source.tree) or not source.text.strip() else ["no docstring"]


PRODUCT_RULES = [
    locks_elsewhere,
    receivers,
    lambdas_after_commit,
    doorbells_elsewhere,
    time_elsewhere,
    banned_words,
]
ALL_RULES = [forbidden_file, too_long_file, too_long_function, no_docstring]


@pytest.mark.parametrize("rule", PRODUCT_RULES, ids=lambda rule: rule.__name__)
def test_product_keeps(rule: Callable[[Source], list[str]]) -> None:
    assert _breaches(rule, sources(*PRODUCT)) == {}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_everything_keeps(rule: Callable[[Source], list[str]]) -> None:
    assert _breaches(rule, sources(*EVERYTHING)) == {}


def test_half_of_the_functions_have_ten_lines_or_fewer() -> None:
    lengths = [_length(node) for source in sources(*PRODUCT) for node in source.functions()]

    assert statistics.median(lengths) <= MEDIAN_FUNCTION


BAD = """
from django.dispatch import receiver
from django.utils import timezone

def update_order(order):
    Order.objects.select_for_update().get()
    transaction.on_commit(lambda: task.delay(order))
    cursor.execute("SELECT 1 FROM orders FOR UPDATE")
    return timezone.now()

class Thing:
    made_at = DateTimeField(auto_now_add=True)

class ReservationManager: ...
"""


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (locks_elsewhere, 2),
        (receivers, 2),
        (lambdas_after_commit, 1),
        (doorbells_elsewhere, 2),
        (time_elsewhere, 2),
        (banned_words, 2),
        (no_docstring, 1),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_rule_sees_a_breach(rule: Callable[[Source], list[str]], found: int) -> None:
    assert len(rule(_Planted(BAD))) == found


class _Planted(Source):
    """Bad code that no folder holds."""

    def __init__(self, text: str) -> None:
        super().__init__(sources("oms")[0].path.with_name("planted.py"))
        self.__dict__["text"] = text


def _breaches(rule: Callable[[Source], list[str]], files: list[Source]) -> dict[str, list[str]]:
    return {str(source): found for source in files if (found := rule(source))}


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
