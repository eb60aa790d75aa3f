"""The few words a shop shows beside a SKU, in four languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Words:
    """One language; `{on}` is a date, `{first}` and `{last}` days from today, `{ships}` when it ships."""

    in_stock: str
    today: str
    tomorrow: str
    between: str
    on: str
    backorder: str
    preorder: str
    sold_out: str
    made_to_order: str
    limited_drop: str
    day: str
    months: str

    def date(self, on: date, today: date) -> str:
        """A short date; the year is said only when it is not this one."""
        short = self.day.format(day=on.day, month=self.months.split()[on.month - 1])
        return short if on.year == today.year else f"{short} {on.year}"


_WORDS: dict[str, Words] = {
    "en": Words(
        in_stock="In stock",
        today="Ships today",
        tomorrow="Ships tomorrow",
        between="Ships in {first}\N{EN DASH}{last} days",
        on="Ships on {on}",
        backorder="Backorder — next batch on {on}",
        preorder="Preorder — ships from {on}",
        sold_out="Out of stock",
        made_to_order="Made to order · {ships}",
        limited_drop="Limited drop · {ships}",
        day="{day} {month}",
        months="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "de": Words(
        in_stock="Auf Lager",
        today="Versand heute",
        tomorrow="Versand morgen",
        between="Versand in {first}\N{EN DASH}{last} Tagen",
        on="Versand am {on}",
        backorder="Nachlieferung — nächste Lieferung am {on}",
        preorder="Vorbestellung — Versand ab {on}",
        sold_out="Nicht auf Lager",
        made_to_order="Auf Bestellung gefertigt · {ships}",
        limited_drop="Limitierte Auflage · {ships}",
        day="{day}. {month}",
        months="Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    ),
    "fr": Words(
        in_stock="En stock",
        today="Expédié aujourd\N{RIGHT SINGLE QUOTATION MARK}hui",
        tomorrow="Expédié demain",
        between="Expédié sous {first} à {last} jours",
        on="Expédié le {on}",
        backorder="En réapprovisionnement — prochain arrivage le {on}",
        preorder="Précommande — expédié à partir du {on}",
        sold_out="En rupture de stock",
        made_to_order="Fabriqué à la commande · {ships}",
        limited_drop="Série limitée · {ships}",
        day="{day} {month}",
        months="janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    ),
    "es": Words(
        in_stock="En existencias",
        today="Se envía hoy",
        tomorrow="Se envía mañana",
        between="Se envía en {first}\N{EN DASH}{last} días",
        on="Se envía el {on}",
        backorder="Bajo pedido — próximo lote el {on}",
        preorder="Preventa — se envía a partir del {on}",
        sold_out="Agotado",
        made_to_order="Hecho por encargo · {ships}",
        limited_drop="Edición limitada · {ships}",
        day="{day} {month}",
        months="ene feb mar abr may jun jul ago sept oct nov dic",
    ),
}


def words_for(locale: str) -> Words:
    """The words of a locale such as `de` or `de-AT`; English where we have none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return _WORDS.get(language, _WORDS["en"])
