"""Clients that ask over HTTP as fast as they are answered."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier, Lock
from typing import Any

from bench.stack import Stack

Body = Callable[[int], dict[str, Any]]
Act = Callable[[http.client.HTTPConnection, int], int]
"""Asks something and gives the status of the answer."""


@dataclass(slots=True)
class Result:
    """What one run saw: answers by status, and how long each took in seconds."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Accepted orders a second."""
        return self.statuses[201] / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


def place(stack: Stack, *, clients: int, seconds: float, body: Body, most: int | None = None) -> Result:
    """Let so many clients place orders for some seconds, or until `most` were asked for."""

    def order(connection: http.client.HTTPConnection, number: int) -> int:
        return _call(connection, stack.key, "POST", "/api/v1/orders/", json.dumps(body(number)))

    return _hurry(stack, order, clients=clients, seconds=seconds, most=most)


def ask(stack: Stack, *, clients: int, seconds: float, path: Callable[[int], str]) -> Result:
    """Let so many clients GET something for some seconds."""

    def look(connection: http.client.HTTPConnection, number: int) -> int:
        return _call(connection, stack.key, "GET", path(number), None)

    return _hurry(stack, look, clients=clients, seconds=seconds, most=None)


def _hurry(stack: Stack, act: Act, *, clients: int, seconds: float, most: int | None) -> Result:
    numbers, lock, barrier = count(), Lock(), Barrier(clients)
    results: list[tuple[Counter[int], list[float]]] = []

    def tickets() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            if most is not None and number >= most:
                return
            yield number

    def client() -> None:
        statuses: Counter[int] = Counter()
        times: list[float] = []
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        connection.connect()
        barrier.wait()
        end = time.monotonic() + seconds
        for number in tickets():
            if time.monotonic() >= end:
                break
            began = time.perf_counter()
            statuses[act(connection, number)] += 1
            times.append(time.perf_counter() - began)
        connection.close()
        results.append((statuses, times))

    started = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        for running in [pool.submit(client) for _ in range(clients)]:
            running.result()
    result = Result(seconds=time.monotonic() - started)
    for statuses, times in results:
        result.statuses.update(statuses)
        result.times += times
    return result


def _call(connection: http.client.HTTPConnection, key: str, verb: str, path: str, body: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(verb, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status
