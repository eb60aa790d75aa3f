"""Stripe as its documentation describes it: intents, captures, refunds, idempotency keys, signed webhooks."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

KEY = "sk_test_simulated"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Fault:
    """What goes wrong with the next request: a status, or `drop` after the work was done."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=lambda: error("api_error", "Something broke."))
    is_drop: bool = False


def error(kind: str, message: str, code: str = "") -> dict[str, Any]:
    """The shape of every error."""
    return {"error": {"type": kind, "message": message, **({"code": code} if code else {})}}


class StripeSimulator:
    """A server on a loopback address that remembers; use it as a context manager."""

    def __init__(self) -> None:
        self.key = KEY
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.replies: dict[str, tuple[str, Answer]] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.faults: list[Fault] = []
        self.multicapture = True
        self.refund_status = "succeeded"
        self._numbers = count(1)
        self._lock = threading.Lock()

    def __enter__(self) -> "StripeSimulator":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def hold(self, name: str, amount: int, *, ends: int | None = None, saved: bool = False) -> None:
        """A customer confirmed a PaymentIntent in the shop: so many cents are held until `ends`."""
        self.intents[name] = {
            "id": name,
            "object": "payment_intent",
            "status": "requires_capture",
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "currency": "eur",
            "customer": "cus_1" if saved else None,
            "payment_method": "pm_1" if saved else None,
            "setup_future_usage": "off_session" if saved else None,
            "latest_charge": _charge(name, ends),
        }

    def signed(self, kind: str, thing: dict[str, Any], *, event_id: str = "evt_1") -> tuple[bytes, str]:
        """A webhook's body and its `Stripe-Signature`, of this very moment."""
        event = {"id": event_id, "object": "event", "type": kind, "data": {"object": thing}}
        body = json.dumps(event).encode()
        at = int(time.time())
        mac = hmac.new(b"whsec_simulated", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={at},v1={mac}"

    def done(self, path: str) -> int:
        """How many requests to this path did something, replays not counted."""
        return sum(1 for _, (told, _) in self.replies.items() if told.startswith(path + " "))

    def serve(self, method: str, path: str, form: dict[str, str], key: str) -> tuple[Answer, bool]:
        """Answer one request; the flag says that it is an earlier answer."""
        with self._lock:
            self.requests.append((method, path, key))
            print_ = f"{path} {sorted(form.items())}"
            if key and key in self.replies:
                told, kept = self.replies[key]
                if told != print_:
                    words = "Keys for idempotent requests can only be used with the same parameters."
                    return (400, error("idempotency_error", words)), False
                return kept, True
            answer = self._act(method, path, form)
            if key:
                self.replies[key] = (print_, answer)
            return answer, False

    def _act(self, method: str, path: str, form: dict[str, str]) -> Answer:
        parts = path.strip("/").split("/")[1:]
        if parts == ["refunds"]:
            return self._refund(form)
        if parts == ["payment_intents"]:
            return self._create(form)
        intent = self.intents.get(parts[1])
        if intent is None:
            return 404, error(
                "invalid_request_error", f"No such payment_intent: '{parts[1]}'", "resource_missing"
            )
        if method == "GET":
            return 200, _expanded(intent, form)
        ways: dict[str, Callable[[], Answer]] = {
            "capture": lambda: self._capture(intent, form),
            "cancel": lambda: self._cancel(intent),
        }
        return ways[parts[2]]()

    def _create(self, form: dict[str, str]) -> Answer:
        if form.get("payment_method") == "pm_declines":
            return 402, error("card_error", "Your card was declined.", "card_declined")
        name = f"pi_new_{next(self._numbers)}"
        self.hold(name, int(form["amount"]), ends=int(time.time()) + 5 * 86_400, saved=True)
        self.intents[name]["metadata"] = {"renews": form.get("metadata[renews]", "")}
        return 200, _expanded(self.intents[name], form)

    def _capture(self, intent: dict[str, Any], form: dict[str, str]) -> Answer:
        if intent["status"] != "requires_capture":
            words = f"This PaymentIntent could not be captured because it has a status of {intent['status']}."
            return 400, error("invalid_request_error", words, "payment_intent_unexpected_state")
        amount = int(form.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            return 400, error("invalid_request_error", "Too much.", "amount_too_large")
        is_final = form.get("final_capture", "true") == "true"
        if not is_final and not self.multicapture:
            return 400, error(
                "invalid_request_error", "Not eligible.", "payment_intent_multicapture_unsupported"
            )
        intent["amount_received"] += amount
        left = intent["amount_capturable"] - amount
        intent["amount_capturable"] = 0 if is_final else left
        if is_final or not left:
            intent["status"] = "succeeded"
        return 200, _expanded(intent, form)

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        intent["status"], intent["amount_capturable"] = "canceled", 0
        return 200, intent

    def _refund(self, form: dict[str, str]) -> Answer:
        intent = self.intents[form["payment_intent"]]
        amount = int(form["amount"])
        back = sum(r["amount"] for r in self.refunds.values() if r["payment_intent"] == intent["id"])
        if back + amount > intent["amount_received"]:
            words = "Refund amount is greater than unrefunded amount on charge."
            return 400, error("invalid_request_error", words)
        name = f"re_{next(self._numbers)}"
        self.refunds[name] = {
            "id": name,
            "object": "refund",
            "amount": amount,
            "payment_intent": intent["id"],
            "status": self.refund_status,
            "failure_reason": "lost_or_stolen_card" if self.refund_status == "failed" else None,
        }
        return 200, self.refunds[name]


def _charge(name: str, ends: int | None) -> dict[str, Any]:
    card = {"capture_before": ends} if ends else {}
    details = {"type": "card", "card": card}
    return {"id": f"ch_{name}", "object": "charge", "payment_method_details": details}


def _expanded(intent: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
    if form.get("expand[0]") == "latest_charge":
        return dict(intent)
    return {**intent, "latest_charge": intent["latest_charge"]["id"]}


def _handler(simulator: StripeSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path, _, query = self.path.partition("?")
            if self.headers.get("Authorization") != f"Bearer {simulator.key}":
                return self._say((401, error("invalid_request_error", "Invalid API Key provided.")), {})
            fault = simulator.faults.pop(0) if simulator.faults else None
            if fault and not fault.is_drop:
                return self._say((fault.status, fault.body), fault.headers)
            form = dict(parse_qsl(body or query))
            answer, is_replay = simulator.serve(method, path, form, self.headers.get("Idempotency-Key", ""))
            if fault:
                # The work is done, and nobody hears of it.
                self.close_connection = True
                return None
            return self._say(answer, {"Idempotent-Replayed": "true"} if is_replay else {})

        def _say(self, answer: Answer, headers: dict[str, str]) -> None:
            status, told = answer
            text = json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
