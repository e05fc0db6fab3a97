from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from threading import Event as Signal
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp, Retry
from carousel.models import DeadLetter, Event
from imaging.jobs import pipeline, queue, runner, sweeper
from imaging.models import Batch, Job, Photo, Step
from imaging.uploads import control
from tests.makers import make_batch, make_photo, make_step, make_tenant, somebody_waits
from tests.running import until

pytestmark = pytest.mark.django_db

HANDLERS = {
    kind: f"tests.test_jobs.{kind}"
    for kind in (*("works", "flaky", "hopeless", "buggy", "late", "wordy"),)
}
PIPELINE = {"photo": {"works": [], "left": ["works"], "right": ["works"], "end": ["left", "right"]}}


def works(step: Step) -> None:
    step.model, step.result = "hands", {"made": 1}


def flaky(step: Step) -> None:
    if step.attempts < 2:
        raise Retry("throttled")


def hopeless(step: Step) -> None:
    raise GiveUp("The file is empty.")


def buggy(step: Step) -> None:
    raise ZeroDivisionError("division by zero")


def late(step: Step) -> None:
    """As a library does that catches everything, the limit too."""
    try:
        raise SoftTimeLimitExceeded
    except Exception as error:
        raise ValueError("Traceback (most recent call last): …") from error


def wordy(step: Step) -> None:
    raise ValueError('Traceback (most recent call last):\n  File "x.py", line 1\nKeyError: 7\n')


@pytest.fixture(autouse=True)
def wired(monkeypatch):
    """Our own little pipeline, and nobody listening."""
    diamond = dict.fromkeys(["left", "right", "end"], "tests.test_jobs.works")
    monkeypatch.setattr(wiring, "STEPS", HANDLERS | diamond)
    monkeypatch.setattr(wiring, "PIPELINES", PIPELINE)
    monkeypatch.setattr(wiring, "GATHER", {})


def test_a_step_that_works_is_done_and_says_what_it_did():
    step = make_step("works")

    runner.run(step.pk)

    step.refresh_from_db()
    assert (step.state, step.attempts, step.model) == ("done", 1, "hands")
    assert step.result == {"made": 1}
    assert step.duration_ms is not None and step.finished_at is not None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("buggy", "ZeroDivisionError: division by zero"),
        ("late", "It took too long."),
        ("wordy", "KeyError: 7"),
    ],
)
def test_what_a_step_failed_of_is_said_in_a_line(kind, words):
    step = make_step(kind)

    runner.run(step.pk)

    step.refresh_from_db()
    assert (step.state, step.error) == ("waiting", words)


def test_a_step_that_fails_for_now_is_tried_again():
    step = make_step("flaky")

    runner.run(step.pk)

    step.refresh_from_db()
    assert (step.state, step.attempts, step.error) == ("waiting", 1, "throttled")
    assert step.run_after > now()


def test_a_step_that_can_never_work_is_buried_with_its_sentence():
    step = make_step("hopeless")

    runner.run(step.pk)

    step.refresh_from_db()
    letter = DeadLetter.objects.get()
    assert (step.state, step.job.state) == ("dead", "failed")
    assert Job.objects.get().error == "The file is empty."
    assert (letter.origin, letter.category) == ("step:hopeless", "permanent")


def test_a_bug_is_tried_three_times_and_then_buried():
    step = make_step("buggy")

    runner.drain()

    step.refresh_from_db()
    assert (step.state, step.attempts) == ("dead", 3)
    assert DeadLetter.objects.get().error == "ZeroDivisionError: division by zero"
    assert Job.objects.get().state == "failed"


def test_a_step_that_kills_its_workers_is_buried_in_the_end():
    long_ago = now() - timedelta(days=1)
    step = make_step("works", state="running", attempts=3, lease_until=long_ago)

    runner.run(step.pk)

    step.refresh_from_db()
    assert (step.state, step.error) == ("dead", "Its worker died 3 times.")


def test_a_worker_that_lost_its_claim_changes_nothing():
    step = make_step("works")
    claimed = Step.objects.claim(step.pk)
    assert claimed
    Step.objects.filter(pk=step.pk).update(attempts=2)

    assert pipeline.finish(claimed) is False
    runner.bury(claimed, "late")

    assert Step.objects.get().state == "running"
    assert DeadLetter.objects.count() == 0


def test_a_claimed_step_is_not_claimed_again_before_its_lease_ends():
    step = make_step("works")

    first, second = Step.objects.claim(step.pk), Step.objects.claim(step.pk)
    Step.objects.update(lease_until=now() - timedelta(seconds=1))
    third = Step.objects.claim(step.pk)

    assert first and second is None and third
    assert third.attempts == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_and_one_step_make_one_run():
    step = make_step("works")

    def work(_: int) -> None:
        runner.run(step.pk)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(32)))

    step.refresh_from_db()
    assert (step.state, step.attempts) == ("done", 1)
    assert Step.objects.filter(kind__in=["left", "right"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_stopped_while_a_step_of_it_ends(monkeypatch):
    step = make_step("works")
    begun, gather = Signal(), pipeline._gather

    def late(job: Job, done: str = "") -> None:
        if not begun.is_set():
            begun.set()
            until(somebody_waits)
        gather(job, done)

    def stop() -> int:
        begun.wait(10)
        try:
            return control.stop(step.job.batch)
        finally:
            connection.close()

    monkeypatch.setattr(pipeline, "_gather", late)
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(stop)
        runner.run(step.pk)

    assert stopped.result() == 1
    assert set(Step.objects.values_list("kind", "state")) == {
        ("works", "done"), ("left", "dead"), ("right", "dead"),
    }  # fmt: skip


def test_a_job_goes_through_its_whole_pipeline_and_tells_once():
    photo = make_photo()
    photo.keep({"160": b"small"})
    job = pipeline.start(photo.tenant, "photo", photo.pk, photo.batch)

    runner.drain()

    assert set(job.steps.values_list("kind", "state")) == {
        ("works", "done"), ("left", "done"), ("right", "done"), ("end", "done"),
    }  # fmt: skip
    assert Job.objects.get().state == "completed"
    assert Photo.objects.get().state == "ready"
    [told] = Event.objects.filter(kind="CarouselImageProcessed")
    assert (told.tenant, told.subject) == (photo.tenant, photo.pk)
    assert told.data == {
        "job": str(job.pk), "batch": str(photo.batch_id),
        "versions": {"160": sha256(b"small").hexdigest()},
    }  # fmt: skip


def test_a_subject_waits_in_line_once():
    tenant, subject = make_tenant(), uuid4()

    first = pipeline.start(tenant, "photo", subject)
    second = pipeline.start(tenant, "photo", subject)

    assert first == second
    assert Step.objects.count() == 1


def test_a_batch_is_gathered_when_its_last_photo_has_passed(monkeypatch):
    monkeypatch.setattr(wiring, "GATHER", {"photo": wiring.Gate("works", "group")})
    monkeypatch.setattr(wiring, "PIPELINES", {"photo": {"works": []}, "group": {"end": []}})
    batch = make_batch()
    photos = [make_photo(batch) for _ in range(3)]
    steps = [pipeline.start(batch.tenant, "photo", p.pk, batch).steps.get() for p in photos]

    for step in steps[:2]:
        runner.run(step.pk)
    before = Job.objects.filter(kind="group").count()
    runner.run(steps[2].pk)

    assert before == 0
    assert Job.objects.get(kind="group").subject_id == batch.pk


def test_what_comes_after_the_gate_does_not_gather_the_batch_again(monkeypatch):
    monkeypatch.setattr(wiring, "GATHER", {"photo": wiring.Gate("works", "group")})
    pipelines = {"photo": {"works": [], "left": ["works"]}, "group": {"end": []}}
    monkeypatch.setattr(wiring, "PIPELINES", pipelines)
    batch = make_batch()
    job = pipeline.start(batch.tenant, "photo", make_photo(batch).pk, batch)
    for kind in ("works", "left"):
        runner.run(job.steps.get(kind=kind).pk)
        for group in Step.objects.filter(kind="end", state="waiting"):
            Step.objects.filter(pk=group.pk).update(run_after=now())
            runner.run(group.pk)

    assert Job.objects.get(pk=job.pk).state == "completed"
    assert Job.objects.filter(kind="group").count() == 1


def test_a_rejected_photo_does_not_hold_the_batch_up(monkeypatch):
    monkeypatch.setattr(wiring, "GATHER", {"photo": wiring.Gate("works", "group")})
    monkeypatch.setattr(wiring, "PIPELINES", {"photo": {"works": []}, "group": {"end": []}})
    batch = make_batch()
    good, bad = (
        pipeline.start(batch.tenant, "photo", make_photo(batch).pk, batch).steps.get()
        for _ in range(2)
    )
    Step.objects.filter(pk=bad.pk).update(kind="hopeless")

    runner.run(good.pk)
    runner.run(bad.pk)

    assert Job.objects.filter(kind="group").count() == 1


def test_every_change_is_seen_by_the_batchs_pages():
    step = make_step("works")
    before = step.job.batch.version

    runner.run(step.pk)

    assert Batch.objects.get().version > before


def test_a_job_is_sent_only_once_it_is_safe(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        pipeline.start(make_tenant(), "photo", uuid4())

    [send] = callbacks
    assert send.args[0] == "imaging.jobs.tasks.run_step"


def test_a_message_over_ten_kilobytes_is_refused_when_it_is_sent():
    with pytest.raises(ValueError, match="the limit is 10000"):
        queue.send("task", ["x" * 20_000], "default")


def test_the_sweeper_sends_what_was_lost_and_only_that(monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda _name, arguments, **_: sent.append(arguments[0])
    )
    long_ago = now() - timedelta(minutes=10)
    lost = make_step("works", run_after=long_ago)
    abandoned = make_step("works", state="running", attempts=1, lease_until=long_ago)
    make_step("works")
    make_step("works", state="running", attempts=1, lease_until=now() + timedelta(minutes=1))
    make_step("works", state="done", run_after=long_ago)

    assert sweeper.sweep() == 2
    assert set(sent) == {str(lost.pk), str(abandoned.pk)}
    assert sweeper.sweep() == 1


def test_a_broker_that_is_away_loses_nothing(monkeypatch, django_capture_on_commit_callbacks):
    def away(*_: object, **__: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", away)

    with django_capture_on_commit_callbacks(execute=True):
        pipeline.start(make_tenant(), "photo", uuid4())

    assert Step.objects.get().state == "waiting"
