"""A webhook of the shop's, for whoever has a telephone: its provider sends a text message or calls."""

import json

import httpx
from django.conf import settings
from standardwebhooks.webhooks import Webhook as Signer

from notifications.channels.failures import NoAddress, Refused
from notifications.models import Message
from notifications.rendering import Rendered
from oms.kernel import clock

PATIENCE = 20.0
LATER = frozenset({408, 425, 429})


class Webhook:
    """Posts a message, signed as Standard Webhooks wants it; the same id on every try."""

    def __init__(self) -> None:
        self._http: httpx.Client | None = None

    def send(self, message: Message, rendered: Rendered, *, message_id: str) -> str:
        """Hand over to the one number; gives the id under which it was handed over."""
        if not (message.recipient and settings.NOTICE_WEBHOOK_URL):
            raise NoAddress("there is no telephone number, or no webhook to give it to")
        body = json.dumps(_body(message, rendered), ensure_ascii=False)
        response = self._client().post(
            settings.NOTICE_WEBHOOK_URL, content=body, headers=_signed(message_id, body)
        )
        if response.is_client_error and response.status_code not in LATER:
            raise Refused(f"the webhook answered {response.status_code}: {response.text[:200]}")
        response.raise_for_status()
        return message_id

    def close(self) -> None:
        """Close the connection; the next message opens one."""
        if self._http:
            self._http.close()
            self._http = None

    def _client(self) -> httpx.Client:
        self._http = self._http or httpx.Client(timeout=PATIENCE)
        return self._http


def is_set_up() -> bool:
    """Whether anybody takes messages for telephones."""
    return bool(settings.NOTICE_WEBHOOK_URL)


def _body(message: Message, rendered: Rendered) -> dict[str, str]:
    return {
        "kind": message.kind,
        "to": message.recipient,
        "locale": message.locale,
        "order": message.subject_ref,
        "subject": rendered.subject,
        "text": rendered.text,
        "link": str(message.context.get("link") or message.context.get("order_link") or ""),
    }


def _signed(message_id: str, body: str) -> dict[str, str]:
    at = clock.now()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(settings.NOTICE_WEBHOOK_SECRET).sign(message_id, at, body),
    }
