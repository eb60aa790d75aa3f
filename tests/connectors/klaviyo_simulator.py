"""Klaviyo as its specification describes it: events recorded once by profile, metric and `unique_id`."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "pk_simulated"


@dataclass
class Fault:
    """The answer of the next request instead of work."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    is_after_work: bool = False


class KlaviyoSimulator:
    """A server on a loopback address that remembers; use it as a context manager."""

    def __init__(self) -> None:
        self.recorded: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.requests: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.unwanted: set[str] = set()
        self.variants: set[str] = {"$custom:::$default:::CHAIR"}
        self.subscribed: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "KlaviyoSimulator":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def metrics(self) -> list[str]:
        """The names of what was recorded, in order."""
        return [metric for _, metric, _ in self.recorded]

    def serve(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        with self._lock:
            self.requests.append(path)
            self.bodies.append(body)
            if path == "/api/events":
                event = body["data"]["attributes"]
                return self._record([(event["profile"]["data"]["attributes"]["email"], event)], is_bulk=False)
            if path == "/api/event-bulk-create-jobs":
                groups = body["data"]["attributes"]["events-bulk-create"]["data"]
                pairs = [
                    (group["attributes"]["profile"]["data"]["attributes"]["email"], event["attributes"])
                    for group in groups
                    for event in group["attributes"]["events"]["data"]
                ]
                return self._record(pairs, is_bulk=True)
            if path == "/api/back-in-stock-subscriptions":
                return self._subscribe(body["data"])
            return 202, {}

    def _subscribe(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        variant = asked["relationships"]["variant"]["data"]["id"]
        if variant not in self.variants:
            return 404, _error(
                "A catalog variant with this id does not exist.", "/data/relationships/variant"
            )
        person = (asked["attributes"]["profile"]["data"]["attributes"]["email"], variant)
        if person not in self.subscribed:
            self.subscribed.append(person)
        return 202, {}

    def _record(self, pairs: list[tuple[str, Any]], *, is_bulk: bool) -> tuple[int, dict[str, Any]]:
        keyed = [
            ((email, event["metric"]["data"]["attributes"]["name"], event["unique_id"]), event)
            for email, event in pairs
        ]
        if any(email in self.unwanted for email, _ in pairs):
            return 400, _error("Invalid email address", "/data/attributes/profile/data/attributes/email")
        # In bulk a known id fails them all; singly it is taken and not recorded again.
        if is_bulk and any(key in self.recorded for key, _ in keyed):
            return 400, _error("Duplicate unique_id", "/data")
        for key, event in keyed:
            self.recorded.setdefault(key, event)
        return 202, {}


def _error(detail: str, pointer: str) -> dict[str, Any]:
    return {"errors": [{"id": "1", "code": "invalid", "detail": detail, "source": {"pointer": pointer}}]}


def _handler(simulator: KlaviyoSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            fault = simulator.faults.pop(0) if simulator.faults else None
            if self.headers.get("Authorization") != f"Klaviyo-API-Key {KEY}":
                return self._say(401, {"errors": [{"detail": "Incorrect authentication credentials."}]}, {})
            if not self.headers.get("revision"):
                return self._say(400, _error("Missing revision", ""), {})
            if fault and not fault.is_after_work:
                return self._say(fault.status, {"errors": [{"detail": "Broken."}]}, fault.headers)
            status, answer = simulator.serve(self.path, body)
            if fault:
                return self._say(fault.status, {"errors": [{"detail": "Broken."}]}, fault.headers)
            return self._say(status, answer, {})

        def _say(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/vnd.api+json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
