"""The admin's first screen and side bar: the lists of the workplace, those that need a person counted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from oms import board, handbook
from oms.kernel import clock, shown
from oms.lists import GROUPS, LOOK_UP, NEEDS_A_PERSON, Queue

# Queue rows as read: primary key, name, word beside it, day that matters.
Row = tuple[int, str, str, date | None]

COUNTED_AT_MOST, SHOWN_AT_ONCE = 99, 3


@dataclass(frozen=True, slots=True)
class Card:
    """A queue as the first screen draws it; `count` is empty where nothing is counted."""

    queue: Queue
    count: str = ""
    first: Sequence[dict[str, str]] = ()


def _today() -> date:
    return clock.now().date()


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first screen: work with counts and its most urgent rows, read with one query."""
    work = [queue for queue in NEEDS_A_PERSON if queue.is_for(request)]
    cards = {queue.title: card for queue, card in zip(work, _counted(work), strict=True)}
    groups = [
        {
            "title": title,
            "what": what,
            "cards": sorted(
                (cards.get(queue.title, Card(queue)) for queue in queues if queue.is_for(request)),
                key=lambda card: card.count == "0",
            ),
            "is_work": queues is NEEDS_A_PERSON,
        }
        for title, what, queues in GROUPS
    ]
    return {
        **context,
        "groups": [group for group in groups if group["cards"]],
        "title": "Today",
        "board": board.panels(request),
    }


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The same groups as links."""
    linked = [
        {
            "title": title,
            "collapsible": queues is not NEEDS_A_PERSON,
            "items": _links(queues, request),
        }
        for title, _, queues in GROUPS
    ]
    today = {"items": [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]}
    return [today, *linked, {"title": "Help", "collapsible": True, "items": handbook.links(request)}]


def _links(queues: Sequence[Queue], request: HttpRequest) -> list[dict[str, Any]]:
    """The lists this person may look at; among those to look up also the page that is no list."""
    links = [_linked(queue, request) for queue in queues if queue.is_for(request)]
    if queues is LOOK_UP:
        links += board.page_links(request)
    return links


def _linked(queue: Queue, request: HttpRequest) -> dict[str, Any]:
    here = request.path == shown.list_of(queue.model)
    is_active = here and (queue.query in request.GET.urlencode() if queue.query else not request.GET)
    return {"title": queue.title, "icon": queue.icon, "link": queue.address, "active": is_active}


def _counted(queues: Sequence[Queue]) -> list[Card]:
    asked = [
        queue.work.told(number, COUNTED_AT_MOST + 1) for number, queue in enumerate(queues) if queue.work
    ]
    if not asked:
        return []
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for number, *row in asked[0].union(*asked[1:], all=True):
        found[number].append((row[0], row[1], row[2], row[3]))
    return [_card(queue, found[number]) for number, queue in enumerate(queues)]


def _card(queue: Queue, rows: list[Row]) -> Card:
    """Count up to the bound, and name the most urgent rows."""
    rows.sort(key=lambda row: (row[3] or date.max, row[0]))
    count = f"{COUNTED_AT_MOST}+" if len(rows) > COUNTED_AT_MOST else str(len(rows))
    first = [
        {
            "address": shown.page_of_pk(queue.model, pk),
            "name": name,
            "beside": beside.replace("_", " "),
            "when": shown.distance(on, _today()),
        }
        for pk, name, beside, on in rows[:SHOWN_AT_ONCE]
    ]
    return Card(queue, count, first)
