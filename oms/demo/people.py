"""Invented customers: the same number in the data is always the same person, and nobody is real."""

import unicodedata
from dataclasses import dataclass
from zlib import crc32

from oms.orders.drafts import CustomerDraft

NAMES: dict[str, tuple[str, str]] = {
    "en": (
        "Ada Bea Cora Daisy Edith Flora Grace Hal Ivor Jem Kit Leo Maud Ned Olive Percy Ruby Sid Tilda Wilf",
        "Ashdown Birch Calder Dunmore Elmhurst Fenwick Garside Holloway Ingram Kestrel Larkin Mossley",
    ),
    "de": (
        "Anke Bernd Clara Dörte Emil Frieda Gerd Hanne Ilse Jörg Käthe Lutz Mina Nele Otto Paula Ralf Silke",
        "Ahorn Birkner Dornbusch Eichler Feldmann Grünwald Hollerbach Kieselstein Lindner Moosbacher Tannert",
    ),
    "fr": (
        "Agathe Bastien Céleste Denis Élodie Fabrice Gisèle Hugo Inès Jules Léonie Maxime Noémie Odile Rémi",
        "Aubépin Bellerive Châtaignier Desrosiers Fontanel Garenne Lavandier Montclair Peuplier Saulnier",
    ),
    "es": (
        "Alba Bruno Carmela Diego Elisa Fermín Gala Hugo Irene Jaime Lola Mateo Nuria Óscar Pilar Rafa Sol",
        "Almendro Cerezo Encinar Fresneda Jazmín Laredo Nogales Olivares Pinar Robledo Salceda Zarzal",
    ),
}
# One in so many orders by telephone and leaves no address: what they must be told waits for a person.
NO_ADDRESS_EVERY = 29
# Language, country, and the percentage of people up to and including it.
SHARES = (
    ("en", "GB", 55),
    ("de", "DE", 72),
    ("de", "AT", 76),
    ("fr", "FR", 86),
    ("es", "ES", 94),
    ("en", "US", 100),
)
REGIONS = {"GB": "UK", "US": "WORLD"}


@dataclass(frozen=True, slots=True)
class Person:
    """Who orders, from where."""

    draft: CustomerDraft
    country: str
    region: str
    state_code: str = ""


def person(number: str, *, is_business: bool) -> Person:
    """The person behind a customer number; where they live is drawn from the number, not from the data."""
    draw = crc32(f"person {number}".encode())
    locale, country = next((spoken, land) for spoken, land, upto in SHARES if draw % 100 < upto)
    name = _name(locale, draw // 100)
    host = "example.com" if is_business else "example.org"
    return Person(
        draft=CustomerDraft(
            external_id=f"C{number}",
            email="" if draw % NO_ADDRESS_EVERY == 0 else f"{_mailbox(name)}.{number}@{host}",
            name=name,
            locale=locale,
            customer_class="trade" if is_business else ("gold" if draw % 17 == 0 else ""),
            is_consumer=not is_business,
        ),
        country=country,
        region=REGIONS.get(country, "EU"),
        state_code="CA" if country == "US" else "",
    )


def _name(locale: str, draw: int) -> str:
    first, last = (names.split() for names in NAMES[locale])
    return f"{first[draw % len(first)]} {last[draw // len(first) % len(last)]}"


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", ".")
