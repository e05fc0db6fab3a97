"""A task that goes on with its job: what it does itself, and what it leaves to others."""

from typing import Any

import pytest
from celery import current_app

from carousel import wiring
from carousel.errors import GiveUp
from imaging.jobs import runner
from imaging.models import Step
from imaging.pixels import guard, kept
from tests.makers import make_batch, make_step
from tests.upload_makers import make_jpeg, send

pytestmark = pytest.mark.django_db(transaction=True)

CHAIN = {"first": [], "second": ["first"], "third": ["second"], "elsewhere": ["second"]}


def works(_: Step) -> None:
    pass


def gives_up(_: Step) -> None:
    raise GiveUp("The file is empty.")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Kinds of the steps that somebody was asked to do, each with its queue."""
    asked: list[tuple[str, str]] = []

    def send_task(_: str, arguments: list[str], queue: str, **__: Any) -> None:
        asked.append((Step.objects.get(pk=arguments[0]).kind, queue))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return asked


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "STEPS", dict.fromkeys(CHAIN, f"{__name__}.works"))
    monkeypatch.setattr(wiring, "PIPELINES", {"photo": CHAIN})
    monkeypatch.setattr(wiring, "QUEUES", {"elsewhere": "books.ocr"})
    monkeypatch.setattr(wiring, "GATHER", {})
    monkeypatch.setattr(wiring, "COMPLETED", {})


def states() -> dict[str, str]:
    return dict(Step.objects.values_list("kind", "state"))


def test_a_task_does_what_it_opens_for_its_own_queue_and_sends_the_rest(chain, sent):
    step = make_step("first")

    runner.run_on(step.pk)

    assert sent == [("elsewhere", "books.ocr")]
    assert states() == {"first": "done", "second": "done", "third": "done", "elsewhere": "waiting"}


def test_what_is_unhurried_goes_to_the_end_of_the_queue(chain, sent, monkeypatch):
    monkeypatch.setattr(wiring, "UNHURRIED", ("third",))
    step = make_step("first")

    runner.run_on(step.pk)

    assert sent == [("third", "default"), ("elsewhere", "books.ocr")]
    assert states() == {
        "first": "done", "second": "done", "third": "waiting", "elsewhere": "waiting",
    }  # fmt: skip


def test_a_task_that_has_taken_a_while_leaves_the_next_step_to_others(chain, sent, monkeypatch):
    monkeypatch.setattr(runner, "YOUNG", 0)
    step = make_step("first")

    runner.run_on(step.pk)

    assert sent == [("second", "default")]
    assert states() == {"first": "done", "second": "waiting"}


def test_a_task_killed_between_two_steps_leaves_a_row_that_is_due(chain, sent, monkeypatch):
    step = make_step("first")
    whole = runner.run

    def killed(step_id: Any) -> None:
        if step_id != step.pk:
            raise SystemExit
        whole(step_id)

    monkeypatch.setattr(runner, "run", killed)
    with pytest.raises(SystemExit):
        runner.run_on(step.pk)

    assert states() == {"first": "done", "second": "waiting"}
    assert Step.objects.due().get().kind == "second"


def test_a_step_that_gives_up_is_followed_by_nothing(chain, sent, monkeypatch):
    monkeypatch.setitem(wiring.STEPS, "second", f"{__name__}.gives_up")
    step = make_step("first")

    runner.run_on(step.pk)

    assert sent == []
    assert states() == {"first": "done", "second": "dead"}


def test_a_message_that_comes_twice_does_nothing_twice(chain, sent):
    step = make_step("first")

    runner.run_on(step.pk)
    runner.run_on(step.pk)

    assert sent == [("elsewhere", "books.ocr")]
    assert set(Step.objects.exclude(kind="elsewhere").values_list("attempts", flat=True)) == {1}


def test_a_strangers_file_is_opened_once_for_all_steps_of_its_photo(sent, monkeypatch):
    opened: list[int | None] = []
    whole = guard.guarded_open

    def counted(data: bytes, max_side: int | None = None) -> Any:
        opened.append(max_side)
        return whole(data, max_side)

    monkeypatch.setattr(guard, "guarded_open", counted)
    send(make_batch(), make_jpeg(1), "1.jpg")

    runner.run_on(Step.objects.get().pk)

    assert opened == [2048]
    assert kept._kept == {}
    assert {kind for kind, state in states().items() if state == "done"} == {
        "inspect",
        "cutout",
        "embed",
    }
