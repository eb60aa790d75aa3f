"""What a person does about a message that reached nobody, in a sentence."""

from notifications.kinds import LEGAL
from notifications.models import Message

NO_ADDRESS = "NoAddress"
UNKNOWN = "nobody knows"


def next_step(message: Message, why: str) -> str:
    """What to do next, by state, kind and the last error."""
    if message.state not in (Message.State.FAILED, Message.State.BOUNCED):
        return ""
    if NO_ADDRESS in why or not message.recipient:
        step = "Ask for an address, then send again to it."
    elif message.state == Message.State.BOUNCED:
        step = "The address does not work: ask for another, then send again to it."
    elif UNKNOWN in why:
        step = "Perhaps it arrived: ask the customer, or send again if twice does no harm."
    else:
        step = "Send again; if it fails again, write to another address."
    return f"{step} The law wants it told: by telephone or letter if need be." if _is_legal(message) else step


def _is_legal(message: Message) -> bool:
    return message.kind in LEGAL
