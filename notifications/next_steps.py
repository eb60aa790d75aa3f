"""What a person does about a message that reached nobody, in a sentence."""

from notifications.kinds import LEGAL
from notifications.models import Message

NO_ADDRESS = "NoAddress"
UNKNOWN = "nobody knows"


def next_step(message: Message, why: str, told_to: str = "") -> str:
    """What to do next, by state, kind and the last error; `told_to` is whom another way reached."""
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
    if not _is_legal(message):
        return step
    if told_to:
        return f"Told by another way, to {told_to}. {step}"
    return f"{step} The law wants it told: call, or print the letter and post it, and say so."


def _is_legal(message: Message) -> bool:
    return message.kind in LEGAL
