"""Web servers that are killed between the commit and the message, and sweepers that meet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils.timezone import now

from imaging.jobs import runner, sweeper
from imaging.models import Batch, Photo, Step
from tests.dying import dying, in_child
from tests.makers import make_batch, make_step
from tests.upload_makers import make_jpeg, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that somebody was asked to look at."""
    asked: list[str] = []

    def send_task(_: str, arguments: list[str], **__: Any) -> None:
        asked.append(arguments[0])

    monkeypatch.setattr(current_app, "send_task", send_task)
    return asked


def test_fifty_photos_whose_message_was_never_sent_are_found_and_worked_on_once(sent):
    batch = make_batch()

    deaths = [in_child(partial(_send_and_die, batch, number)) for number in range(50)]

    assert deaths == [-9] * 50
    assert Photo.objects.filter(state="received").count() == 50
    Step.objects.update(run_after=now() - timedelta(minutes=1))
    assert sweeper.sweep() == 50
    assert sorted(sent) == sorted(str(pk) for pk in Step.objects.values_list("pk", flat=True))
    for step in sent:
        runner.run(step)
    assert set(Step.objects.filter(kind="inspect").values_list("state", "attempts")) == {
        ("done", 1)
    }


def _send_and_die(batch: Batch, number: int) -> None:
    with dying("imaging.jobs.queue.send"):
        send(batch, make_jpeg(number), f"{number}.jpg")


def test_three_sweepers_at_once_send_each_step_once(sent):
    long_ago = now() - timedelta(minutes=10)
    lost = {str(make_step(run_after=long_ago).pk) for _ in range(60)}
    together = Barrier(3)

    def sweep(_: int) -> int:
        together.wait()
        found = sweeper.sweep()
        connection.close()
        return found

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(sweep, range(3)))

    assert sum(found) == 60
    assert (len(sent), set(sent)) == (60, lost)
