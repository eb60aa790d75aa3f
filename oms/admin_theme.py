"""How the admin looks; what its first screen and side bar hold is in oms/workplace.py."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _own_styles(request: HttpRequest) -> str:
    return static("workplace/workplace.css")


def _icon(request: HttpRequest) -> str:
    return static("workplace/favicon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backorders",
    "SITE_HEADER": "Backorders",
    "SITE_SUBHEADER": "Promises that hold",
    "SITE_SYMBOL": "conveyor_belt",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [_own_styles],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "DASHBOARD_CALLBACK": "oms.workplace.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": True,
        "navigation": "oms.workplace.sidebar",
    },
    "COMMAND": {"search_callback": "oms.finding.find", "show_history": True},
    # A quiet blue-green: red and orange are kept for what needs a person.
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(70.4% .14 182.503)",
            "600": "oklch(54% .104 184.704)",
            "700": "oklch(47% .09 186.391)",
            "800": "oklch(43.7% .078 188.216)",
            "900": "oklch(38.6% .063 188.416)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}
