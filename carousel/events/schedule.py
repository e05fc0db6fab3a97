"""When a delivery is tried again, and when a receiver is left in peace. Pure.

The waits are those of the Standard Webhooks specification: ten tries over 75 hours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
FAILURES_TO_OPEN = 5
REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)


def next_try(attempts: int, at: datetime, *, jitter: float = 0.0) -> datetime | None:
    """When to try again after `attempts` failed tries, or None when it was the last.

    `jitter` in 0..1 lengthens the wait by up to a tenth, so that receivers do not all come back at
    the same moment.
    """
    if attempts > len(WAITS):
        return None
    return at + WAITS[attempts - 1] * (1 + jitter / 10)


@dataclass(frozen=True)
class Breaker:
    """How a receiver has answered of late. Nothing is sent to it before `open_until`."""

    failures: int = 0
    open_until: datetime | None = None

    def lets_through(self, at: datetime) -> bool:
        return self.open_until is None or at >= self.open_until

    def succeeded(self) -> "Breaker":
        return Breaker()

    def failed(self, at: datetime) -> "Breaker":
        """One more failure. From the fifth on each one opens it, for twice as long every time."""
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return replace(self, failures=failures)
        doublings = min(failures - FAILURES_TO_OPEN, 10)
        return Breaker(failures, at + min(REST * 2**doublings, LONGEST_REST))
