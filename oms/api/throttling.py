"""How often a client may call: a bucket of requests per client that refills every second."""

import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from oms.api.models import ApiClient

BURST_SECONDS = 10


@dataclass
class _Buckets:
    """Requests left and when that was so, by client. Each process counts for itself."""

    left: dict[int, tuple[float, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, client_id: int, *, rate: float, now: float) -> float:
        """Take one request; gives the seconds to wait, 0 if it may go ahead."""
        full = rate * BURST_SECONDS
        with self.lock:
            left, at = self.left.get(client_id, (full, now))
            left = min(full, left + (now - at) * rate)
            self.left[client_id] = (left - 1 if left >= 1 else left, now)
        return 0.0 if left >= 1 else (1 - left) / rate


buckets = _Buckets()


class PerClient(BaseThrottle):
    """429 with `Retry-After` beyond `API_REQUESTS_PER_SECOND` (0: no limit) once the burst is used up."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        rate = float(settings.API_REQUESTS_PER_SECOND)
        if rate <= 0 or not isinstance(request.auth, ApiClient):
            return True
        self.seconds = buckets.take(request.auth.pk, rate=rate, now=time.monotonic())
        return self.seconds == 0

    def wait(self) -> float:
        """Seconds until the next request may come."""
        return self.seconds
