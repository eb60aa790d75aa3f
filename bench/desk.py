"""Opens the admin's pages as a browser would, in this process, and says how long each took and asked."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from backorders import auditing
from backorders.insight import board
from backorders.models import Backorder, DelayCase, Demand, KpiRoll, Peg, Promise
from bench import shop
from inventory.models import Movement, Sku, Supply
from notifications.models import Message
from oms.kernel import clock, shown
from oms.kernel.models import EventLog
from oms.orders.models import Customer, Order, OrderLine, PickRequest, Shipment
from purchasing.models import PurchaseLine, PurchaseOrder

TIMES = 3
# A file flows while it is made: measured, and not held to a second.
AS_CSV = "as CSV"
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MOST_SECONDS, MOST_QUERIES = 1.0, 12
# The lists that grow with the shop, and words to look for in them.
LISTS: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Order, ("S-1", "W-777", "buyer77")),
    (OrderLine, ("W-1", "SKU-0000")),
    (Sku, ("SKU-00", "Article 7")),
    (Backorder, ("W-1", "SKU-000007")),
    (Demand, ("W-1", "SKU-000007")),
    (Peg, ("W-1", "SKU-000007")),
    (Promise, ("S-1", "SKU-000007")),
    (DelayCase, ("W-1", "SKU-000007")),
    (Supply, ("SKU-000007", "PO-7")),
    (Movement, ("SKU-000007",)),
    (PurchaseOrder, ("PO-7",)),
    (PurchaseLine, ("PO-7", "SKU-000007")),
    (PickRequest, ("P-7", "S-7")),
    (Shipment, ("S-7",)),
    (Message, ("W-777",)),
    (Customer, ("buyer77",)),
    (EventLog, ("W-777",)),
)


@dataclass(frozen=True, slots=True)
class Page:
    """One address, and what opening it cost: seconds (median), queries, bytes."""

    name: str
    address: str
    seconds: float = 0.0
    queries: int = 0
    size: int = 0


class Desk:
    """Somebody who may do everything, at a browser without a network."""

    def __init__(self) -> None:
        self.person = User.objects.create_superuser("bench")
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(self.person)

    def opened(self, page: Page) -> Page:
        """The page with its cost."""
        taken = []
        for _ in range(TIMES):
            with CaptureQueriesContext(connection) as asked:
                began = time.perf_counter()
                answer: Any = self.client.get(page.address)
                size = len(b"".join(answer)) if answer.streaming else len(answer.content)
                taken.append(time.perf_counter() - began)
            if answer.status_code != 200:
                raise RuntimeError(f"{page.address} answered {answer.status_code}")
        return Page(page.name, page.address, statistics.median(taken), len(asked), size)

    def filters(self, model: type[Model]) -> Iterator[tuple[str, str]]:
        """Each choice of each filter of a list, as words and query string."""
        desk: ModelAdmin[Any] = admin.site._registry[model]
        request = RequestFactory(headers={"host": "localhost"}).get(shown.list_of(model))
        request.user = self.person
        rows = desk.get_changelist_instance(request)
        for spec in rows.filter_specs:
            title = str(getattr(spec, "title", ""))
            for choice in spec.choices(rows):
                query = str(choice.get("query_string", "")) if isinstance(choice, dict) else ""
                if len(query) > 1 and not choice.get("selected"):
                    yield f"{title}: {choice.get('display', '')}", query.lstrip("?")
            if (field := getattr(spec, "field", None)) is not None and field.related_model:
                some = field.related_model._default_manager.order_by("-pk").first()
                if some is not None:
                    yield (
                        f"{title}: {some}",
                        urlencode({f"{getattr(spec, 'field_path', field.name)}__id__exact": some.pk}),
                    )


def pages(desk: Desk) -> Iterator[Page]:
    """All addresses that are measured."""
    yield Page("first screen", reverse("admin:index"))
    for model, terms in LISTS:
        words, at = str(model._meta.verbose_name_plural), shown.list_of(model)
        yield Page(words, at)
        yield Page(f"{words}, page 20", f"{at}?p=20")
        for term in terms:
            yield Page(f"{words} “{term}”", f"{at}?{urlencode({'q': term})}")
        for name, query in desk.filters(model):
            yield Page(f"{words}, {name}", f"{at}?{query}")
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            yield Page(f"one of {words}", shown.page_of(row))
    yield from _choosing()
    yield Page("projection", reverse("admin:backorders_backorder_projection"))
    for name in ("inventory_sku", "inventory_supply", "purchasing_purchaseline"):
        yield Page(f"{name} {AS_CSV}", reverse(f"admin:{name}_export", args=["csv"]))


def _choosing() -> Iterator[Page]:
    asked = (
        ("backorders", "cap", "sku", "SKU-00"),
        ("backorders", "cap", "sku", ""),
        ("orders", "order", "customer", "buyer7"),
        ("orders", "orderline", "sku", "SKU-0000"),
    )
    for app, model, field, term in asked:
        query = urlencode({"app_label": app, "model_name": model, "field_name": field, "term": term})
        yield Page(f"choosing {model}.{field} “{term}”", f"{reverse('admin:autocomplete')}?{query}")


def main(*, lines: int) -> int:
    """Fill, audit, measure, print."""
    console = Console(width=130)
    began = time.perf_counter()
    size = shop.Size(lines)
    shop.fill(size)
    console.print(
        f"{lines:,} order lines, {size.waiting:,} backorders, {size.skus:,} SKUs "
        f"in {time.perf_counter() - began:.0f} s"
    )
    began = time.perf_counter()
    findings = auditing.books_balance()
    console.print(
        f"audit findings {len(findings)} in {time.perf_counter() - began:.0f} s", findings[:5] or ""
    )
    began = time.perf_counter()
    KpiRoll.objects.create(at=clock.now(), seen={}, board=board.draw("UTC"))
    console.print(f"board drawn in {time.perf_counter() - began:.0f} s")
    # The plain files of the theme need not be collected for this.
    with override_settings(STORAGES=PLAIN):
        desk = Desk()
        desk.client.get(reverse("admin:index"))
        seen = [desk.opened(page) for page in pages(desk)]
    _print(console, seen)
    worst = max((page for page in seen if AS_CSV not in page.name), key=lambda page: page.seconds)
    console.print(f"slowest: {worst.name}, {worst.seconds * 1000:.0f} ms ({len(seen)} pages)")
    return 1 if findings or worst.seconds >= MOST_SECONDS else 0


def _print(console: Console, seen: list[Page]) -> None:
    table = Table("page", title="The admin, median of three")
    for name in ("ms", "queries", "kB"):
        table.add_column(name, justify="right")
    for page in seen:
        mark = " ←" if page.seconds >= MOST_SECONDS or page.queries > MOST_QUERIES else ""
        table.add_row(
            page.name + mark, f"{page.seconds * 1000:.0f}", str(page.queries), f"{page.size / 1024:.0f}"
        )
    console.print(table)
