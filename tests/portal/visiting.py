"""A customer without scripts: opens links, reads words, sends forms as the page gives them."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.test import Client

from notifications.models import Message
from tests.world import World

HOME = "http://127.0.0.1:8000"


def text_of(response: Any) -> str:
    """What a person reads."""
    page = re.sub(r"(?s)<head>.*?</head>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def order_link(world: World, name: str) -> str:
    """The address of an order's page, from its newest mail that still holds one."""
    mails = Message.objects.filter(subject_ref=world.numbers[name]).order_by("-pk")
    links = [mail.context["order_link"] for mail in mails]
    return str(next(link for link in links if "…" not in link)).removeprefix(HOME)


@dataclass
class Guest:
    """A browser; `client` checks nothing that a real one would not."""

    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def get(self, address: str, **headers: str) -> Any:
        """Open a page."""
        return self.client.get(address, headers=headers or None)

    def reads(self, address: str) -> str:
        """What the page behind an address says."""
        return text_of(self.get(address))

    def fields(self, response: Any) -> dict[str, str]:
        """The fields of the first form as they stand."""
        found = re.findall(r"<input([^>]*)>", response.content.decode())
        pairs = [(re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in found]
        return {name[1]: unescape(value[1]) if value else "" for name, value in pairs if name}

    def sends(self, address: str, data: dict[str, str]) -> Any:
        """Send a form as our pages do: without a referrer, hence from nowhere."""
        return self.client.post(address, data, headers={"origin": "null"})
