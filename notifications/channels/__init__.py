"""The ways out of the house, by name; a new one is a file here and a line below."""

from collections.abc import Callable
from typing import Protocol

from notifications.channels.email import Email
from notifications.channels.webhook import Webhook
from notifications.models import Message
from notifications.rendering import Rendered


class Channel(Protocol):
    """A way out, kept open while a dispatcher works."""

    def send(self, message: Message, rendered: Rendered, *, message_id: str) -> str:
        """Hand over to one recipient and give the provider's id; raises what the provider raises."""

    def close(self) -> None:
        """Let go of what is open."""


CHANNELS: dict[str, Callable[[], Channel]] = {"email": Email, "webhook": Webhook}
