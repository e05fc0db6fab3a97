"""The commands of whoever operates this: what they do, what they leave, how they end."""

import json
import os
import signal
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils.timezone import now
from PIL import Image

from carousel import wiring
from carousel.errors import Retry
from carousel.management.portions import PortionsCommand
from carousel.models import DeadLetter, Heartbeat
from carousel.ops import health, readiness
from imaging.jobs import expiry, runner, sweeper
from imaging.models import Embedding, Job, Photo, Step
from imaging.pixels import derive
from tests.makers import make_batch, make_photo, make_step, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("services")]


def run(*words: str) -> tuple[str, int]:
    """What a command prints, and how it ends."""
    out = StringIO()
    try:
        call_command(*words, stdout=out, stderr=StringIO())
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def sums(*words: str) -> dict[str, int]:
    return dict(json.loads(run(*words, "--json")[0])["sums"])


def buried(category: str = DeadLetter.Category.RETRYABLE) -> Step:
    step = make_step()
    Photo.objects.filter(pk=step.job.subject_id).update(original="x.jpg", state="failed")
    claimed = Step.objects.claim(step.pk)
    assert claimed is not None
    runner.bury(claimed, "It took too long.", category)
    return step


def test_failed_work_is_tried_again_once():
    step = buried()

    first, second = sums("retry_failed"), sums("retry_failed")

    assert (first, second) == ({"started again": 1}, {})
    assert Step.objects.get(pk=step.pk).state == Step.State.WAITING


def test_a_dry_run_says_the_same_and_changes_nothing():
    step = buried()

    assert sums("retry_failed", "--dry-run") == {"started again": 1}
    assert Step.objects.get(pk=step.pk).state == Step.State.DEAD
    assert DeadLetter.objects.open().count() == 1


def test_what_can_never_succeed_is_left():
    buried(DeadLetter.Category.PERMANENT)

    assert sums("retry_failed") == {}
    assert sums("retry_failed", "--permanent") == {"started again": 1}


def test_what_was_given_up_too_often_needs_a_person():
    letter = DeadLetter.objects.get(subject=buried().job.subject_id)
    for _ in range(3):
        DeadLetter.objects.create(
            tenant=letter.tenant, origin=letter.origin, subject=letter.subject, error="again"
        )
    out, code = run("retry_failed", "--origin", letter.origin)

    assert code == 1
    assert "refused: given up 3 times before" in out


@pytest.mark.parametrize(
    "words", [("retry_failed", "--tenant", "nobody"), ("retry_failed", "--origin", "step:nonsense"),
              ("reprocess", "--before", "noon"), ("reprocess", "--batch", "three")],
)  # fmt: skip
def test_a_wrong_call_ends_with_two(words):
    with pytest.raises(CommandError) as refusal:
        call_command(*words)

    assert refusal.value.returncode == 2


def cut_photo() -> Photo:
    photo = make_photo(cutout_model="u2netp")
    image = Image.new("RGBA", (64, 64), (200, 30, 40, 255))
    photo.keep({"cutout": derive.as_webp(image)})
    return photo


def test_photos_without_a_vector_get_one_and_only_those():
    photo = cut_photo()
    make_photo()

    dry, first, second = (sums("backfill_embeddings", *flags) for flags in (("--dry-run",), (), ()))

    assert dry == {"to be compared by carousel-descriptor-1": 1}
    assert (first, second) == ({"compared by carousel-descriptor-1": 1}, {})
    assert [one.photo for one in Embedding.objects.all()] == [photo]


def test_a_batch_is_worked_on_again_but_for_what_is_being_worked_on():
    batch = make_batch()
    photo, busy = make_photo(batch), make_photo(batch)
    Job.objects.create(tenant=batch.tenant, batch=batch, kind="photo", subject_id=busy.pk)

    done = sums("reprocess", "--kind", "photo", "--batch", str(batch.pk))

    assert done == {"given to the workers (photo)": 1}
    assert Job.objects.filter(subject_id=photo.pk, kind="photo").count() == 1


class Stopped(PortionsCommand):
    """Is interrupted during its first thing."""

    def found(self, tenants: Any, options: Any) -> list[int]:
        return [1, 2, 3]

    def one(self, thing: int, *, dry: bool) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "done"


def test_ctrl_c_ends_the_present_thing_and_says_how_to_go_on():
    out, before = StringIO(), signal.getsignal(signal.SIGINT)

    with pytest.raises(SystemExit) as end:
        call_command(Stopped(), stdout=out, stderr=StringIO())

    assert end.value.code == 1
    assert "1 of 3 looked after" in out.getvalue()
    assert "the same command goes on with the rest" in out.getvalue()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_deploy_is_checked_line_by_line():
    out, code = run("check_deploy", "--json")

    lines = {line["name"]: line for line in json.loads(out)}
    assert code == 1
    assert lines["database"]["ok"] and lines["storage"]["ok"] and lines["migrations"]["ok"]
    assert lines["secret key"] == {
        "group": "Security", "name": "secret key", "ok": False,
        "detail": "SECRET_KEY is the demo's",
    }  # fmt: skip


def test_a_check_of_a_deploy_passes_only_when_all_does(monkeypatch):
    good = readiness.Group("Parts", [health.Check("one", ok=True, detail="there")])
    monkeypatch.setattr(readiness, "groups", lambda: [good])

    assert run("check_deploy") == ("Parts\n  pass  one                   there\nAll passed.\n", 0)


@pytest.mark.usefixtures("own_store")
def test_operators_ask_in_a_terminal():
    Heartbeat.objects.create(worker="worker@here", queues=["images"])
    name = default_storage.save("temp/a/b.jpg", ContentFile(b"0123456789"))
    try:
        waiting = json.loads(run("ops", "temp", "--json")[0])
    finally:
        default_storage.delete(name)

    assert waiting == [{"key": name, "bytes": 10}]
    assert "worker@here  images" in run("ops", "status")[0]
    assert "nobody  events  never" in run("ops", "status")[0]
    assert run("ops", "alerts")[0] == "Nothing.\n"
    assert run("ops", "run", "sweep", "--dry-run")[0] == "sweep would be asked to run now.\n"


def test_a_schedule_that_is_not_there_cannot_be_run():
    with pytest.raises(CommandError, match="no such scheduled work") as refusal:
        call_command("ops", "run", "nonsense")

    assert refusal.value.returncode == 2


def test_the_shop_of_another_is_left_alone():
    buried()

    assert sums("retry_failed", "--tenant", make_tenant("other").slug) == {}


def test_a_sweep_says_what_was_forgotten_and_a_dry_one_sends_nothing(monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(sweeper, "send", lambda _task, arguments, _queue: sent.append(arguments[0]))
    step = make_step(run_after=now() - timedelta(minutes=10))

    assert json.loads(run("sweep", "--dry-run", "--json")[0]) == {
        "dry_run": True, "forgotten": 1, "sent": 0,
    }  # fmt: skip
    assert sent == []
    assert run("sweep") == ("1 steps were forgotten, 1 sent again.\n", 0)
    assert sent == [str(step.pk)]


def test_a_purge_whose_store_is_away_says_so_and_does_the_rest(monkeypatch):
    def away(**_: bool) -> int:
        raise Retry("The store does not answer.")

    monkeypatch.setattr(expiry, "forget", away)

    out, code = run("purge", "--json")

    waits = {one["name"]: one["waits"] for one in json.loads(out)["rules"]}
    assert code == 1
    assert waits == dict.fromkeys(wiring.RETENTION, "") | {"jobs": "The store does not answer."}


def test_a_purge_that_is_stopped_says_how_to_go_on(monkeypatch):
    def stopped(**_: bool) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(expiry, "forget", stopped)

    assert run("purge", "--json") == ("", 1)


def test_a_dry_check_of_a_deploy_tells_what_it_would_look_at(monkeypatch):
    monkeypatch.setattr(health, "tried", None)

    out, code = run("check_deploy", "--dry-run")

    assert code == 0
    assert "Security: secret key" in out.splitlines()
