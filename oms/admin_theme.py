"""How the admin looks and what its side bar holds."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backorders",
    "SITE_HEADER": "Backorders",
    "SITE_SYMBOL": "conveyor_belt",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
