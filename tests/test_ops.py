from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils.timezone import now

from carousel import counters, wiring
from carousel.models import Alert, ApiKey, DeadLetter, Heartbeat, Sample, Schedule, User
from carousel.ops import alerts, checks, heartbeat, lights, samples, schedules
from carousel.wiring import Timing
from imaging.inference.checks import throttled
from imaging.inference.models import ModelCall
from imaging.jobs.checks import stuck
from tests.makers import make_step, make_tenant, make_user

pytestmark = pytest.mark.django_db

ran: list[str] = []


def works() -> str:
    ran.append("works")
    return "3 photos"


def fails() -> None:
    raise ZeroDivisionError("division by zero")


@pytest.fixture(autouse=True)
def schedule(monkeypatch):
    ran.clear()
    entries = {
        "good": Timing("tests.test_ops.works", every=10),
        "bad": Timing("tests.test_ops.fails", at="02:00"),
    }
    monkeypatch.setattr(wiring, "SCHEDULE", entries)


def bury(**fields: Any) -> DeadLetter:
    fields.setdefault("tenant", make_tenant())
    return DeadLetter.objects.create(origin="step:cutout", error="no", **fields)


def firing() -> set[tuple[str, int]]:
    return set(Alert.objects.firing().values_list("kind", "severity"))


def test_a_scheduled_work_leaves_its_note():
    assert schedules.run("good") is True

    row = Schedule.objects.get()
    assert (row.name, row.note, row.is_ok, row.runs) == ("good", "3 photos", True, 1)
    assert row.succeeded_at == row.finished_at


def test_a_failing_work_says_why_and_the_clock_goes_on():
    schedules.run("bad")

    row = Schedule.objects.get()
    assert (row.is_ok, row.note, row.succeeded_at) == (
        False, "ZeroDivisionError: division by zero", None,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_same_work_is_not_done_twice_at_once():
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext('good'))", [schedules.LOCK])
        began = schedules.run("good")
        cursor.execute("SELECT pg_advisory_unlock(%s, hashtext('good'))", [schedules.LOCK])
    other.close()

    assert (began, list(ran), schedules.run("good")) == (False, [], True)


def test_staff_see_when_each_work_runs_next():
    schedules.run("good")

    good, bad = schedules.entries()

    assert good.last is not None
    assert (good.when, bad.when) == ("every 10 s", "daily at 02:00 UTC")
    assert good.next_at == good.last.started_at + timedelta(seconds=10)
    assert bad.next_at is not None
    assert timedelta() < bad.next_at - now() <= timedelta(days=1)
    assert (bad.next_at.hour, bad.next_at.minute) == (2, 0)


def test_beat_knows_every_entry():
    assert set(current_app.conf.beat_schedule) >= {"sweep", "inbox", "relay", "alerts"}


def test_one_dead_letter_is_an_alert_of_two_with_an_hour_to_mend():
    bury()

    alerts.look()
    alerts.look()

    alert = Alert.objects.get(kind="dead-letters")
    assert (alert.severity, alert.subject, alert.times) == (2, "Acme", 2)
    assert alert.due_at - alert.created_at <= timedelta(hours=1)


def test_an_alert_that_is_over_resolves_itself_and_may_come_again():
    letter = bury()
    alerts.look()
    DeadLetter.objects.filter(pk=letter.pk).delete()
    alerts.look()
    resolved = Alert.objects.filter(kind="dead-letters").exclude(resolved_at=None).count()
    bury()
    alerts.look()

    assert resolved == 1
    assert Alert.objects.filter(kind="dead-letters").count() == 2


@pytest.mark.parametrize(("count", "fires"), [(5, False), (6, True)])
@pytest.mark.usefixtures("nothing_counted")
def test_errors_alarm_above_five_in_five_minutes(count, fires):
    for _ in range(count):
        bury()
    bury(buried_at=now() - timedelta(minutes=6))

    assert bool(list(checks.errors())) is fires


@pytest.mark.parametrize(
    ("error", "minutes", "fires"),
    [("ThrottlingException: slow down", 4, True), ("ThrottlingException", 6, False),
     ("a timeout", 1, False)],
)  # fmt: skip
def test_one_throttle_in_five_minutes_is_an_alarm(error, minutes, fires):
    call = make_call(error=error)
    ModelCall.objects.filter(pk=call.pk).update(created_at=now() - timedelta(minutes=minutes))

    assert bool(list(throttled())) is fires


def test_work_that_was_given_up_for_a_throttle_is_an_alarm():
    assert list(throttled()) == []
    bury()
    DeadLetter.objects.update(error="SlowDown: reduce your request rate")

    assert list(throttled()) == [("", "1 calls were throttled in the last 5 minutes.")]


def make_call(**fields: Any) -> ModelCall:
    return ModelCall.objects.create(
        tenant=make_tenant(), capability="embed", provider="bedrock", model="m", ms=9,
        outcome=ModelCall.Outcome.RETRY, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "silent"), [(1, []), (3, ["images"])])
def test_a_queue_that_no_living_worker_serves_is_an_alarm(minutes, silent):
    others = sorted(heartbeat.needed() - {"images"})
    Heartbeat.objects.create(worker="clerk", queues=others)
    seen_at = now() - timedelta(minutes=minutes)
    Heartbeat.objects.create(worker="worker", queues=["images"], seen_at=seen_at)

    assert [queue for queue, _ in checks.silent_workers()] == silent


def test_a_worker_that_was_told_to_stop_leaves_no_heartbeat():
    heartbeat.alive("worker@here", ["images"])
    heartbeat.ended("worker@here")

    assert Heartbeat.objects.count() == 0


def test_when_the_clock_stands_one_alert_says_so_for_all(monkeypatch):
    monkeypatch.setattr(checks, "CLOCK", "good")
    for name in ("good", "bad"):
        Schedule.objects.create(name=name, succeeded_at=now() - timedelta(days=2))

    [(subject, detail)] = checks.overdue()

    assert subject == ""
    assert detail.startswith("No scheduled work has run: is the clock there, and a worker?")


def test_a_heartbeat_is_one_row_per_worker():
    heartbeat.beat()
    heartbeat.beat()

    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize(("seconds", "fires"), [(50, False), (70, True)])
def test_a_schedule_that_stopped_succeeding_is_an_alarm(seconds, fires):
    schedules.run("good")
    Schedule.objects.update(succeeded_at=now() - timedelta(seconds=seconds))

    assert bool(list(checks.overdue())) is fires


@pytest.mark.parametrize(("days", "fires"), [(89, False), (91, True)])
def test_a_key_of_ninety_days_is_an_alarm(days, fires):
    ApiKey.issue(make_tenant(), "front")
    ApiKey.objects.update(created_at=now() - timedelta(days=days))

    assert bool(list(checks.old_keys())) is fires


@pytest.mark.parametrize(("limit", "fires"), [(10, False), (9, True)])
@pytest.mark.usefixtures("own_store")
def test_temporary_photos_alarm_above_their_limit(monkeypatch, limit, fires):
    monkeypatch.setattr(checks, "TEMPORARY_LIMIT", limit)
    name = default_storage.save("temp/a/b.jpg", ContentFile(b"0123456789"))
    try:
        assert bool(list(checks.temporary_store())) is fires
    finally:
        default_storage.delete(name)


@pytest.mark.parametrize(("minutes", "fires"), [(4, False), (6, True)])
def test_work_that_waits_too_long_is_an_alarm(minutes, fires):
    past = now() - timedelta(minutes=minutes)
    make_step("cutout", run_after=past).__class__.objects.update(created_at=past)

    assert [kind for kind, _ in stuck()] == (["cutout"] if fires else [])


def test_readings_are_kept_for_drawing():
    make_step()
    samples.take()

    assert Sample.objects.get(name="steps.waiting").value == 1
    assert connection.vendor == "postgresql"


def test_an_alert_is_mailed_once(settings, mailoutbox):
    settings.ALERT_EMAILS = ["ops@example.com"]
    bury()

    alerts.look()
    alerts.look()

    [mail] = mailoutbox
    assert mail.subject == "[P2] Dead letters are waiting Acme"
    assert "/ops/" in mail.body


def test_an_alert_that_could_not_be_sent_is_sent_later(settings):
    settings.ALERT_WEBHOOK = "http://127.0.0.1:1/"
    bury()

    alerts.look()

    assert Alert.objects.get(kind="dead-letters").told_at is None


def make_operator() -> User:
    return make_user("root@example.com", is_superuser=True, is_staff=True)


def test_the_ops_page_is_for_operators_only(client):
    client.force_login(make_user(role="admin"))

    assert client.get("/ops/").status_code == 403
    assert client.get("/metrics").status_code == 401


def test_the_ops_page_shows_what_is_wrong_and_what_runs(client, services):
    bury()
    alerts.look()
    schedules.run("good")
    client.force_login(make_operator())

    page = client.get("/ops/").content.decode()

    assert "step:cutout" in page
    assert "dead-letters Acme" in page
    assert "3 photos" in page
    assert 'style="' not in page


def test_a_scraper_with_the_token_gets_the_numbers(client, settings, services):
    settings.METRICS_TOKEN = "a token"
    make_step("cutout")
    bury()

    denied = client.get("/metrics", headers={"Authorization": "Bearer wrong"})
    text = client.get("/metrics", headers={"Authorization": "Bearer a token"}).content.decode()

    assert denied.status_code == 401
    assert 'carousel_steps{kind="cutout",queue="images",state="waiting"} 1.0' in text
    assert 'carousel_dead_letters{category="permanent"} 1.0' in text


@pytest.mark.parametrize(("failed", "red"), [(2, False), (3, True)])
def test_the_upload_light_turns_red_above_a_tenth(services, failed, red):
    counters._redis.cache_clear()
    counters._redis().flushdb()
    for number in range(20):
        counters.count("upload", failed=number < failed)

    [light] = [light for light in lights.lights() if light.name == "upload"]

    assert (light.total, light.failed, light.is_red) == (20, failed, red)


def test_without_redis_nothing_is_counted_and_nothing_breaks(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    counters._redis.cache_clear()

    counters.count("upload", failed=True)

    assert counters.rate("upload").total == 0
    counters._redis.cache_clear()
