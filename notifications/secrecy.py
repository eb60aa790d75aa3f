"""Forgets the links that let a customer answer, once they are with the customer."""

from typing import Any

from notifications.models import Message
from notifications.rendering import Rendered
from oms.kernel.secrecy import masked


def without_links(message: Message, rendered: Rendered) -> dict[str, Any]:
    """What is kept of a message that was sent: all its words, but no link that still opens anything."""
    return {
        "text": masked(rendered.text),
        "html": masked(rendered.html),
        "context": _masked_values(message.context),
    }


def _masked_values(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked_values(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked_values(part) for part in value]
    return value
