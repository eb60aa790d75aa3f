"""How often one address may ask: a bucket of requests that refills with time, in each process for itself."""

import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest

MOST_REMEMBERED = 20_000


@dataclass
class Pace:
    """So many requests at once, and then so many a second."""

    burst: int
    per_second: float
    left: dict[str, tuple[float, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, who: str) -> float:
        """Take one request; gives the seconds to wait before the next one may come, 0 if this one may."""
        now = time.monotonic()
        with self.lock:
            if len(self.left) >= MOST_REMEMBERED:
                self.left.clear()
            left, at = self.left.get(who, (float(self.burst), now))
            left = min(float(self.burst), left + (now - at) * self.per_second)
            self.left[who] = (left - 1 if left >= 1 else left, now)
        return 0.0 if left >= 1 else (1 - left) / self.per_second

    def forget(self) -> None:
        """Begin anew with everybody."""
        with self.lock:
            self.left.clear()


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy of ours, what that proxy saw."""
    direct: str = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return direct
    # Only the last entry was written by our proxy; the ones before it are what the caller says.
    seen: str = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return seen or direct
