"""A fuse: after some failures in a row nothing is asked for a while, then one probe is let through.

While the storage is down, every step would otherwise spend its attempts, and half a minute each, on
finding out what the last one found out.
"""

import threading
import time
from collections.abc import Callable

FAILURES = 5
REST = 15.0


class Circuit:
    """One for each thing that may be away, in each process. `failures` in a row open it."""

    def __init__(
        self,
        failures: int = FAILURES,
        rest: float = REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures = failures
        self.rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        return self._failed >= self.failures

    def allows(self) -> bool:
        """Whether to try now. While open: once in `rest` seconds, for the probe."""
        with self._lock:
            if not self.is_open:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + self.rest
            return True

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            if self.is_open:
                self._closed_until = self._clock() + self.rest

    def succeeded(self) -> None:
        with self._lock:
            self._failed = 0
