"""Alarms and lights that are shares of calls, each on both sides of its limit."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from carousel import counters, wiring
from carousel.models import Alert, DeadLetter, Schedule
from carousel.ops import checks, lights, watchdog
from imaging.jobs import queue
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted(services):
    counters._redis.cache_clear()
    counters._redis().flushdb()


def count(name: str, failed: int, total: int) -> None:
    for number in range(total):
        counters.count(name, failed=number < failed)


@pytest.mark.parametrize(("failed", "total", "fires"), [(5, 100, False), (6, 100, True)])
def test_uploads_alarm_above_five_of_a_hundred(failed, total, fires):
    count("upload", failed, total)

    assert bool(list(checks.uploads())) is fires


def test_few_calls_say_nothing():
    count("upload", failed=19, total=19)

    assert list(checks.uploads()) == []


@pytest.mark.parametrize(("failed", "fires"), [(10, False), (11, True)])
def test_reads_alarm_above_half(failed, fires):
    count("download", failed, total=20)

    assert bool(list(checks.downloads())) is fires


@pytest.mark.parametrize(("size", "fires"), [(99_000, False), (101_000, True)])
def test_a_message_above_a_hundred_kilobytes_is_refused_and_an_alarm(size, fires):
    with pytest.raises(ValueError, match="the limit is 10000"):
        queue.send("task", ["x" * size], "default")

    assert bool(list(checks.messages())) is fires


def test_one_key_set_that_was_not_read_is_an_alarm():
    before = list(checks.issuer())
    counters.count("key-set", failed=True)

    assert before == []
    assert list(checks.issuer()) == [
        ("", "The issuer's keys could not be read 1 times in 15 minutes.")
    ]


@pytest.mark.parametrize(("answers", "fires"), [(3, False), (4, True)])
def test_failed_answers_and_buried_work_count_together(answers, fires):
    for _ in range(2):
        DeadLetter.objects.create(tenant=make_tenant(), origin="step:cutout", error="no")
    for _ in range(answers):
        counters.count("answer", failed=True)

    assert bool(list(checks.errors())) is fires


LIGHTS = [("upload", 2), ("download", 2), ("step", 1), ("review", 1), ("sign-in", 1)]


@pytest.mark.parametrize(("name", "allowed"), LIGHTS)
def test_each_of_the_five_lights_turns_red_above_its_limit(name, allowed):
    count(name, failed=allowed, total=20)
    green = {light.name: light.is_red for light in lights.lights()}
    counters.count(name, failed=True)
    red = {light.name: light.is_red for light in lights.lights()}

    assert (list(green.values()), red[name]) == ([False] * 5, True)


def test_each_answer_of_the_review_page_is_counted(client):
    client.get("/b/00000000-0000-0000-0000-000000000000/review/")
    client.get("/sign-in/")

    assert (counters.rate("review").total, counters.rate("sign-in").total) == (1, 1)


def test_when_no_worker_looks_at_the_alarms_the_web_server_does(monkeypatch):
    monkeypatch.setattr(wiring, "ALARMS", {"old": wiring.Alarm(f"{__name__}.always", 1, "Old")})
    row = Schedule.objects.create(name="alerts", finished_at=now() - timedelta(seconds=80))
    early = watchdog.look()
    Schedule.objects.filter(pk=row.pk).update(finished_at=now() - timedelta(seconds=100))

    assert (early, watchdog.look(), watchdog.look()) == (False, True, False)
    assert Alert.objects.get().kind == "old"


def always():
    yield "", "It is so."
