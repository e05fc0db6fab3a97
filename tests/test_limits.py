from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import now

from carousel.errors import Retry
from carousel.models import ApiKey, Tenant
from carousel.tenants import limits
from carousel.tenants.limits import TooMany, spend

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture(autouse=True)
def fresh(settings):
    """A limiter of this test's own Redis."""
    limits._limiter.cache_clear()
    yield
    limits._limiter.cache_clear()


def tenant(**settings: int) -> Tenant:
    return Tenant(id=uuid4(), settings=settings)


def passes(who: Tenant, action: str = "write") -> bool:
    try:
        spend(who, action)
    except TooMany:
        return False
    return True


def test_a_thousand_at_once_let_exactly_a_hundred_through():
    who = tenant()

    with ThreadPoolExecutor(50) as pool:
        passed = sum(pool.map(lambda _: passes(who), range(1000)))

    assert passed == 100


def test_the_window_slides():
    who = tenant()
    with time_machine.travel(now(), tick=False) as clock:
        clock.shift(59)
        early = sum(passes(who) for _ in range(100))
        clock.shift(2)
        across_the_minute = passes(who)
        clock.shift(59)
        later = passes(who)

    assert (early, across_the_minute, later) == (100, False, True)


def test_tenants_and_actions_are_counted_apart():
    one, other = tenant(requests_per_minute=1), tenant(requests_per_minute=1)

    assert [passes(one), passes(one), passes(other), passes(one, "read")] == [
        True, False, True, True,
    ]  # fmt: skip


def test_photos_come_in_crowds():
    who = tenant(requests_per_minute=1)

    assert sum(passes(who, "upload") for _ in range(70)) == 60


def test_without_redis_reading_goes_on_and_writing_stops(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert passes(tenant(), "read")
    with pytest.raises(Retry, match="nothing was changed"):
        spend(tenant(), "write")


@pytest.mark.django_db
def test_the_caller_is_told_when_to_come_back(client):
    shop = Tenant.objects.create(name="Acme", slug="acme", settings={"requests_per_minute": 2})
    _, token = ApiKey.issue(shop, "front")
    header = {"Authorization": f"Bearer {token}"}

    answers = [client.get("/api/v1/settings", headers=header) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Limit"] == "2"
    assert answers[1]["RateLimit-Remaining"] == "0"
    assert 1 <= int(answers[2]["Retry-After"]) <= 61
    assert answers[2]["Content-Type"] == "application/problem+json"
    connection.close()
