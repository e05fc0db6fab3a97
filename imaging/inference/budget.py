"""How fast a provider may be asked, by all workers together, and what a tenant's questions cost."""

import time
from datetime import date
from functools import cache

from django.conf import settings
from django.db.models import Count, Sum
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from carousel.errors import Retry
from carousel.models import Tenant
from imaging.inference.models import ModelCall

PATIENCE = 5.0
"""Seconds that a question waits for its turn before the next provider gets it."""
PAUSE = 0.02


def wait_for_turn(account: str, patience: float = PATIENCE) -> None:
    """Return when one more request to this account is allowed; Retry when that takes too long."""
    item = RateLimitItemPerSecond(settings.PROVIDER_REQUESTS_PER_SECOND)
    until = time.monotonic() + patience
    try:
        while not _limiter().hit(item, "provider", account):
            if time.monotonic() > until:
                raise Retry(f"{account} is asked by too many at once.")
            time.sleep(PAUSE)
    except StorageError as error:
        raise Retry("Requests to the provider cannot be counted right now.") from error


def daily_cost(tenant: Tenant, day: date) -> dict[str, dict[str, int]]:
    """Capability -> calls, tokens and micro-dollars of one day (UTC)."""
    rows = (
        ModelCall.objects.filter(tenant=tenant, created_at__date=day)
        .values("capability")
        .annotate(
            calls=Count("id"),
            tokens=Sum("tokens_in") + Sum("tokens_out"),
            micro_usd=Sum("cost_micro_usd"),
        )
        .order_by("capability")
    )
    return {
        row["capability"]: {name: row[name] for name in ("calls", "tokens", "micro_usd")}
        for row in rows
    }


@cache
def _limiter() -> MovingWindowRateLimiter:
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return MovingWindowRateLimiter(
        storage_from_string(
            url, wrap_exceptions=True, socket_timeout=3, key_prefix="carousel-providers"
        )
    )
