"""What is kept for how long: rows and their files go together, a few at a time.

Each rule of wiring.RETENTION is a function that removes at most some rows and says how many; it is
called until there are none. A run that is killed has done what it has done, and the next goes on.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.module_loading import import_string

from carousel import wiring
from carousel.errors import Retry

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """`longest`: seconds of the slowest single step, which is as long as it held its rows.
    `waits`: why nothing could be removed now, if so."""

    name: str
    rows: int
    longest: float = 0.0
    waits: str = ""


def purge(*, pretend: bool = False) -> Iterator[Done]:
    """Every rule to its end. `pretend` counts only."""
    for name, rule in wiring.RETENTION.items():
        try:
            yield _pretended(name, rule) if pretend else _done(name, rule)
        except Retry as why:  # one that must wait does not hold up the others
            log.warning("Retention of %s waits: %s", name, why)
            yield Done(name, 0, waits=str(why))


def run() -> str:
    return ", ".join(f"{done.name} {done.rows}" for done in purge() if done.rows)


def _pretended(name: str, rule: str) -> Done:
    return Done(name, import_string(rule)(pretend=True))


def _done(name: str, rule: str) -> Done:
    call, rows, longest = import_string(rule), 0, 0.0
    while True:
        started = time.monotonic()
        some = call()
        longest = max(longest, time.monotonic() - started)
        if not some:
            return Done(name, rows, longest)
        rows += some
