"""Counts of the last hour in Redis, a bucket a minute, shared by all processes.

They feed lights and alarms, never decisions: when Redis is away nothing is counted and nothing
breaks.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import cast

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

KEPT_MINUTES = 65


@dataclass(frozen=True)
class Rate:
    """How many of `total` went wrong."""

    failed: int
    total: int

    @property
    def share(self) -> float:
        """0 to 1; 0 when nothing happened."""
        return self.failed / self.total if self.total else 0.0


def count(name: str, *, failed: bool) -> None:
    """One more `name`, well or not."""
    key = _key(name, int(time.time() // 60), failed=failed)
    try:
        with _redis().pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, KEPT_MINUTES * 60)
            pipe.execute()
    except RedisError:
        log.debug("Not counted: %s", name)


def rate(name: str, minutes: int = 60) -> Rate:
    """What was counted under `name` in the last minutes."""
    last = int(time.time() // 60)
    span = range(last - minutes + 1, last + 1)
    try:
        failed, well = (_sum(name, span, failed=failed) for failed in (True, False))
    except RedisError:
        return Rate(0, 0)
    return Rate(failed, failed + well)


def _sum(name: str, span: range, *, failed: bool) -> int:
    keys = [_key(name, minute, failed=failed) for minute in span]
    values = cast(list[bytes | None], _redis().mget(keys))
    return sum(int(value) for value in values if value)


def _key(name: str, minute: int, *, failed: bool) -> str:
    return f"carousel-count:{name}:{'failed' if failed else 'well'}:{minute}"


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
