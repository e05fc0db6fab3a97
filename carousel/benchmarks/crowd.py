"""Many at once over HTTP, each on a connection that stays open; how long each answer took."""

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Answers:
    """`seconds` of each answer, the `statuses` in the same order, and the time of all together."""

    seconds: tuple[float, ...]
    statuses: tuple[int, ...]
    elapsed: float

    def percentile(self, share: float) -> float:
        """Seconds that `share` of 100 answers took at most."""
        return float(np.percentile(self.seconds, share))

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def expect(self, *statuses: int) -> "Answers":
        """These answers, if all were as wished. ValueError names the first that was not."""
        wrong = [status for status in self.statuses if status not in statuses]
        if wrong:
            raise ValueError(f"{len(wrong)} of {len(self.statuses)} answers: {wrong[0]}.")
        return self


def ask(address: str, requests: Sequence[Request], at_once: int = 1) -> Answers:
    """Send every request once, `at_once` of them at any moment."""
    todo = list(enumerate(requests))[::-1]
    done: list[tuple[int, float, int]] = []
    started = time.perf_counter()
    _together(at_once, lambda: _work(address, todo, done))
    elapsed = time.perf_counter() - started
    done.sort()
    return Answers(tuple(row[1] for row in done), tuple(row[2] for row in done), elapsed)


def _together(number: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(
    address: str, todo: list[tuple[int, Request]], done: list[tuple[int, float, int]]
) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    while True:
        try:
            number, request = todo.pop()
        except IndexError:
            break
        started = time.perf_counter()
        status = _answered(connection, request)
        done.append((number, time.perf_counter() - started, status))
    connection.close()


def _answered(connection: http.client.HTTPConnection, request: Request) -> int:
    connection.request(request.method, request.path, request.body, dict(request.headers))
    answer = connection.getresponse()
    answer.read()
    return answer.status
