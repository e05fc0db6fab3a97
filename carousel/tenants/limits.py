"""How often a tenant may ask for what: a sliding window per tenant and action, exact on Redis.

Counted before any work is done. When Redis is away, reading goes on and writing stops.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from carousel.errors import Retry
from carousel.tenants.models import Tenant
from carousel.tenants.options import TenantOptions

log = logging.getLogger(__name__)

READS = "read"
WEIGHTS = {"upload": 60, "event": 60}
"""Actions that come in crowds get this many times the tenant's limit (a shoot is 500 photos)."""


@dataclass(frozen=True)
class Allowance:
    """`limit` requests a minute, `remaining` of them now, `reset` seconds until one is free."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


class TooMany(Exception):
    """The window is full. The message is shown; `allowance.reset` says when to come back."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        super().__init__(
            f"That is more than {allowance.limit} requests a minute."
            f" Try again in {allowance.reset} s."
        )


def spend(tenant: Tenant, action: str) -> Allowance:
    """Count one request. TooMany when the window is full; Retry when writing and Redis is away."""
    item = RateLimitItemPerMinute(_limit(tenant.options, action))
    key = (str(tenant.pk), action)
    try:
        allowed = _limiter().hit(item, *key)
        reset, remaining = _limiter().get_window_stats(item, *key)
    except StorageError as error:
        return _without_redis(item.amount, action, error)
    allowance = Allowance(item.amount, remaining, max(1, round(reset - time.time() + 0.5)))
    if not allowed:
        raise TooMany(allowance)
    return allowance


def _limit(options: TenantOptions, action: str) -> int:
    own = {str(name): number for name, number in options.action_limits.items()}
    return own.get(action) or options.requests_per_minute * WEIGHTS.get(action, 1)


def _without_redis(amount: int, action: str, error: Exception) -> Allowance:
    log.error("The rate limit cannot reach Redis: %s", error)
    if action != READS:
        raise Retry("Requests cannot be counted right now; nothing was changed.") from error
    return Allowance(amount, amount, 60)


@cache
def _limiter() -> MovingWindowRateLimiter:
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return MovingWindowRateLimiter(
        storage_from_string(
            url, wrap_exceptions=True, socket_timeout=3, key_prefix="carousel-limits"
        )
    )
