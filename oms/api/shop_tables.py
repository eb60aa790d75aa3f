"""The tables there are: SKUs, stock, ATP rules, caps, purchase orders and their lines."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db.models import Model, Prefetch, QuerySet

from backorders.models import AtpRule, Cap
from inventory.models import Sku, StockCount, Supply
from oms.api import atp_rules, caps, etags, purchase_orders, skus, stock
from oms.api.access import Staff
from oms.api.operations import Call, one
from oms.api.policy_rows import AddPolicy, ChangePolicy, GetPolicy
from oms.api.tables import (
    UNCHANGED,
    Column,
    Table,
    changes,
    differs,
    flag,
    flat,
    listed,
    optional,
    output_of,
    perform,
    plain,
    text,
    told,
    told_of,
    whole,
)
from oms.kernel import clock
from oms.kernel.errors import InvalidValue
from purchasing.models import PurchaseLine, PurchaseOrder


def _parts(cell: Any) -> list[dict[str, Any]]:
    """`LEG:4|SEAT:1`."""
    pairs = [part.rpartition(":") for part in listed(cell)]
    return [{"sku": sku or qty, "qty": whole(qty) if sku else 1} for sku, _, qty in pairs]


def _ceilings(cell: Any) -> list[dict[str, Any]]:
    """`2026-03-09:20|2026-03-16:`; without units it is unlimited."""
    pairs = [part.partition(":") for part in listed(cell)]
    return [{"bucket_on": day, "max_open_units": whole(most) if most else None} for day, _, most in pairs]


class Skus(Table):
    """The catalog."""

    name, words, model, permission = "skus", "SKUs", Sku, "inventory.change_sku"
    needed = ("code",)
    hint = "A code we know is changed, another one is new. Columns left out keep their values."
    columns = (
        Column("code"),
        *optional("title", "category"),
        *plain("status"),
        *optional("launch_on"),
        Column("price.amount"),
        Column("price.currency"),
        Column("pack_qty", whole),
        Column("tracked", flag),
        Column("ship_together", flag),
        Column("alternatives", listed, ()),
        Column("components", _parts, ()),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.prefetch_related("alternatives__alternative", "parts__component")

    def cells_of(self, row: Sku) -> Iterator[Mapping[str, Any]]:
        cells = flat(output_of(skus.GetSku, row), self.columns)
        yield {
            **cells,
            "alternatives": "|".join(cells["alternatives"]),
            "components": "|".join(f"{part['sku']}:{part['qty']}" for part in cells["components"]),
        }

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        code = str(body.get("code", ""))
        asked = {**body, **_days(body, "launch_on")}
        before = self._now(code)
        perform(skus.PutSku, asked, caller, code=code)
        after = self._now(code)
        return told_of(before, after or {})

    def _now(self, code: str) -> Mapping[str, Any] | None:
        found = self.chosen(Sku.objects.filter(code=code)).first()
        return None if found is None else next(self.cells_of(found))


def _days(body: Mapping[str, Any], *names: str) -> dict[str, None]:
    """Days left empty: the contract says null where a text would be empty."""
    return {name: None for name in names if body.get(name) == ""}


class Policies(Table):
    """Policies: changed by their id in the version that was exported, new without an id."""

    add: ClassVar[type[AddPolicy]]
    change: ClassVar[type[ChangePolicy]]
    read: ClassVar[type[GetPolicy]]
    days: ClassVar[tuple[str, ...]]
    needed = ("name",)
    hint = (
        "A row with id and version changes that policy, unless somebody saved it since the export; one "
        "without an id adds a policy. Every change stands in the history."
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related(*self.read.policy.named)

    def cells_of(self, row: Any) -> Iterator[Mapping[str, Any]]:
        yield flat(output_of(self.read, row), self.columns)

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        asked = {**body, **_days(body, *self.days)}
        pk, version = asked.pop("id", None), asked.pop("version", None)
        if pk is None:
            perform(self.add, asked, caller)
            return "new"
        if not isinstance(pk, int) or not isinstance(version, int):
            field = "version" if isinstance(pk, int) else "id"
            raise InvalidValue("The id and version of the export are needed.", field=field)
        before = self._now(pk, caller)
        if before["version"] != version:
            raise etags.Stale(field="version")
        if not differs(before, flat(asked, [each for each in self.columns if _is_in(each.name, asked)])):
            return UNCHANGED
        perform(self.change, asked, caller, version=version, id=pk)
        return told_of(before, self._now(pk, caller))

    def _now(self, pk: int, caller: Staff) -> Mapping[str, Any]:
        row = one(self.read.policy.rows(Call(caller)), pk=pk)
        return flat(output_of(self.read, row), self.columns)


def _is_in(name: str, body: Mapping[str, Any]) -> bool:
    outer, dot, inner = name.partition(".")
    return outer in body and (not dot or inner in body[outer])


SCOPE = optional("sku", "category", "channel", "region")


class AtpRules(Policies):
    """Whether and how something may be promised beyond stock."""

    name, words, model, permission = "atp-rules", "ATP rules", AtpRule, "backorders.change_atprule"
    add, change, read = atp_rules.AddAtpRule, atp_rules.PatchAtpRule, atp_rules.GetAtpRule
    days = ("valid_from", "valid_to")
    columns = (
        *plain("id", "version", read=whole),
        Column("name"),
        *SCOPE,
        *optional("supplier", "valid_from", "valid_to"),
        Column("priority", whole),
        Column("mode"),
        *plain("safety_stock", "oversell_qty", read=whole),
        Column("kinds", listed),
        Column("needs_open_purchase", flag),
        Column("longest_wait_days", whole, None),
        Column("service_level"),
        Column("least_buffer_days", whole),
        Column("max_volatility", text, None),
        Column("split"),
        Column("tolerance_days", whole),
        Column("tell_earlier_days", whole, None),
        Column("charge.policy"),
        Column("charge.deposit_percent", whole, None),
        Column("charge.disclosure", text, ""),
    )


class Caps(Policies):
    """Ceilings; an empty cell is unlimited, 0 is none."""

    name, words, model, permission = "caps", "caps", Cap, "backorders.change_cap"
    add, change, read = caps.AddCap, caps.PatchCap, caps.GetCap
    days = ("starts_on", "ends_on")
    hint = f"{Policies.hint} An empty ceiling is unlimited, 0 is none."
    columns = (
        *plain("id", "version", read=whole),
        Column("name"),
        *SCOPE,
        *optional("customer_class", "starts_on", "ends_on"),
        *optional("max_open_units", "max_units_per_order", "max_units_per_customer", read=whole),
        Column("bucket"),
        Column("bucket_ceilings", _ceilings),
        *plain("backward", "forward", read=whole),
        Column("monitor_only", flag),
        *told("used"),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().chosen(rows).prefetch_related("usages")

    def cells_of(self, row: Any) -> Iterator[Mapping[str, Any]]:
        for cells in super().cells_of(row):
            pairs = [(each["bucket_on"], each["max_open_units"]) for each in cells["bucket_ceilings"]]
            spelt = [f"{day}:{'' if most is None else most}" for day, most in pairs]
            yield {**cells, "bucket_ceilings": spelt}


class StockCounts(Table):
    """What was counted, or a difference."""

    name, words, permission = "stock-counts", "stock counts", "inventory.count_stock"
    model: ClassVar[type[Model]] = StockCount
    needed = ("sku", "location")
    hint = (
        "Give what was counted (counted_qty, and as_of if it was not just now) or a difference (delta). The "
        "same external_id counts once."
    )
    columns = (
        *plain("external_id", "sku", "location"),
        *plain("counted_qty", "delta", read=whole),
        *plain("as_of", "cause"),
        *optional("note"),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("sku", "location")

    def cells_of(self, row: Any) -> Iterator[Mapping[str, Any]]:
        yield flat(output_of(stock.ListStockCounts, row), self.columns)

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        place = Supply.objects.filter(
            kind=Supply.Kind.STOCK, sku__code=body.get("sku", ""), location__code=body.get("location", "")
        )
        before = place.values_list("quantity", flat=True).first() or 0
        perform(stock.CountStock, {"external_id": row_name, **body}, caller)
        after = place.values_list("quantity", flat=True).first() or 0
        return f"changed: on hand {before} → {after}" if after != before else UNCHANGED


class Shelves(StockCounts):
    """Stock on hand as a sheet to be counted by; imported it is a count."""

    words = "stock on hand"
    model = Supply

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().chosen(rows).filter(kind=Supply.Kind.STOCK)

    def cells_of(self, row: Any) -> Iterator[Mapping[str, Any]]:
        as_of = clock.now().isoformat().replace("+00:00", "Z")
        own = {"sku": row.sku.code, "location": row.location.code, "counted_qty": row.quantity}
        yield {**dict.fromkeys(column.name for column in self.columns), **own, "as_of": as_of}


class PurchaseOrders(Table):
    """New purchase orders; the rows of one number are its lines."""

    name, words, model = "purchase-orders", "purchase orders", PurchaseOrder
    permission = "purchasing.place_purchaseorder"
    needed = ("number", "supplier", "location", "sku", "qty", "expected_on")
    hint = "Rows of one number, one after the other, are the lines of one new order."
    line_columns = frozenset({"line_no", "sku", "qty", "expected_on", "confirmed_on"})
    columns = (
        *plain("number", "supplier", "location", "state"),
        Column("line_no", whole),
        Column("sku"),
        Column("qty", whole),
        *plain("expected_on", "confirmed_on"),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        lines = PurchaseLine.objects.select_related("sku").order_by("line_no")
        return rows.select_related("supplier", "location").prefetch_related(Prefetch("lines", queryset=lines))

    def cells_of(self, row: PurchaseOrder) -> Iterator[Mapping[str, Any]]:
        body = output_of(purchase_orders.GetPurchaseOrder, row)
        for line in body["lines"]:
            yield flat({**body, **line}, self.columns)

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        perform(purchase_orders.PlacePurchaseOrder, body, caller)
        return f"new, with {len(body['lines'])} lines" if len(body["lines"]) > 1 else "new"


class PurchaseLines(Table):
    """Lines that are there: new days, confirmations and quantities from the supplier's own list."""

    name, words, model = "purchase-lines", "purchase lines", PurchaseLine
    permission = "purchasing.change_purchaseline"
    needed = ("purchase_order", "line_no")
    hint = "Changes days and units of lines that are there; a row that changes something needs a cause."
    columns = (
        Column("purchase_order"),
        Column("line_no", whole),
        *told("sku", "received_qty", "open_qty"),
        Column("qty", whole),
        *plain("expected_on", "confirmed_on", "cause"),
        *optional("note"),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("purchase_order", "sku")

    def cells_of(self, row: PurchaseLine) -> Iterator[Mapping[str, Any]]:
        yield flat(output_of(purchase_orders.GetPurchaseLine, row), self.columns)

    def subject(self, body: Mapping[str, Any]) -> str:
        return f"{body.get('purchase_order', '')}/{body.get('line_no', '')}"

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        where = {"number": body.pop("purchase_order", ""), "line_no": body.pop("line_no", None)}
        if not isinstance(where["line_no"], int):
            raise InvalidValue("A line number is needed.", field="line_no")
        before = self._now(where, caller)
        asked: dict[str, Any] = {
            name: body[name] for name in ("qty", "expected_on", "confirmed_on") if name in body
        }
        asked = {name: value for name, value in asked.items() if differs(before, {name: value})}
        if not asked:
            return UNCHANGED
        why: dict[str, Any] = {name: body[name] for name in ("cause", "note") if name in body}
        perform(purchase_orders.ChangePurchaseLine, {**asked, **why}, caller, **where)
        return f"changed: {changes(before, self._now(where, caller))}"

    def _now(self, where: Mapping[str, Any], caller: Staff) -> Mapping[str, Any]:
        line = purchase_orders.own_line(Call(caller, where))
        return next(self.cells_of(line))


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (Skus(), AtpRules(), Caps(), StockCounts(), PurchaseOrders(), PurchaseLines())
}
SHELVES = Shelves()
