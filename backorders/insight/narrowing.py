"""Which lines a figure is about: of one channel, region, SKU, category, supplier, cause or mode."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

# Who sells a SKU soonest is its supplier, as for the buyer's signals.
MAIN_SUPPLIERS = """
SELECT DISTINCT ON (source.sku_id) source.sku_id, supplier.code
FROM purchasing_suppliersku source JOIN purchasing_supplier supplier ON supplier.id = source.supplier_id
WHERE supplier.is_active ORDER BY source.sku_id, source.lead_time_days, source.id
"""
# Over the names of the statement that reads lines.
_CONDITIONS = {
    "channel": "channel.code = %(of_channel)s",
    "region": "purchase.region = %(of_region)s",
    "sku": "line.sku_id = (SELECT id FROM inventory_sku WHERE code = %(of_sku)s)",
    "category": "sku.category = %(of_category)s",
    "supplier": f"line.sku_id IN (SELECT sku_id FROM ({MAIN_SUPPLIERS}) main WHERE code = %(of_supplier)s)",
    "cause": "backorder.cause = %(of_cause)s",
    "mode": "backorder.mode = %(of_mode)s",
}
OF_ORDERS = ("channel", "region")
OF_LINES = ("sku", "category", "supplier", "cause", "mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """What is asked about, by code; an empty word is for all."""

    channel: str = ""
    region: str = ""
    sku: str = ""
    category: str = ""
    supplier: str = ""
    cause: str = ""
    mode: str = ""

    def asked(self) -> dict[str, str]:
        """The words given."""
        return {name: word for name, word in asdict(self).items() if word}

    def conditions(self) -> Sequence[str]:
        """What the statement that reads lines has to ask besides."""
        return [_CONDITIONS[name] for name in self.asked()]

    def params(self) -> dict[str, str]:
        """The values of these conditions."""
        return {f"of_{name}": word for name, word in self.asked().items()}


ALL = Narrow()
