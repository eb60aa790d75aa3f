"""A category for each SKU, derived from the words of its title; the first family that matches wins.

The data has titles only. The families are those a shop would hang its aisles by: the season first (a
Christmas ribbon is sought under Christmas), then the use, then the material.
"""

import re

FAMILIES: tuple[tuple[str, str], ...] = (
    ("Christmas", r"CHRISTMAS|ADVENT|NOEL|XMAS|SANTA|REINDEER|WREATH|PANNETONE|SNOWY|SLEIGH"),
    ("Warmers", r"HOT WATER BOTTLE|HOTTIE|HAND WARMER"),
    ("Bags", r"\bBAGS?\b|SHOPPER|PURSE"),
    (
        "Toys and crafts",
        r"PLAYHOUSE|DOLL|FELTCRAFT|CARDS?\b|GAME|SEWING|CRAFT|TOY|SPACEBOY|LUNCH BOX|BABUSHKA",
    ),
    (
        "Kitchen and baking",
        r"CAKE|BAKING|RECIPE|KITCHEN|PANTRY|APRON|TEA ?CUP|TEA SET|MUG|BOWL|JAR|SPOON|PLATE",
    ),
    ("Candles and lights", r"T-LIGHT|CANDLE|LANTERN|LIGHT"),
    ("Clocks and signs", r"CLOCK|SIGN\b|CHALKBOARD|BLOCK WORD|LETTERS|FRAME|DOORMAT"),
    ("Party and paper", r"PAPER|NAPKIN|BUNTING|GIFT TAGS?|RIBBON|DOILIES|POPCORN|NOTEBOOK|WRAP"),
    ("Storage", r"BOX|TIN\b|BASKET|RACK|HOLDER"),
    ("Decoration", r"HEART|STAR|ORNAMENT|DECORATION|HANGING|BIRD|WICKER|GLASS|METAL|WOOD"),
)
OTHER = "Gifts"
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in FAMILIES)


def category_of(title: str) -> str:
    """The family of a title in capitals."""
    return next((name for name, pattern in _PATTERNS if pattern.search(title)), OTHER)


def title_of(description: str) -> str:
    """A title for people: `JUMBO  BAG` becomes `Jumbo bag`."""
    words = " ".join(description.split()).rstrip(".")
    return words.capitalize()
