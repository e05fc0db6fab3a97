"""Asks workers for steps: what is due is a row, and a message only says where to look."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from carousel import messages, wiring
from carousel.errors import Retry
from imaging.jobs.models import Step

RUN = "imaging.jobs.tasks.run_step"


@dataclass(frozen=True)
class Following:
    """The steps of one job that the worker which opens them does next, without a message."""

    job_id: UUID
    queue: str
    steps: deque[Step]


_following: ContextVar[Following | None] = ContextVar("following", default=None)


@contextmanager
def following(step: Step) -> Iterator[deque[Step]]:
    """In this block, what its job opens for the same queue is put here instead of being sent.

    What is left here at the end is sent then, whatever happened.
    """
    mine = Following(step.job_id, queue_of(step), deque())
    token = _following.set(mine)
    try:
        yield mine.steps
    finally:
        _following.reset(token)
        for left in mine.steps:
            send(RUN, [str(left.pk)], mine.queue)


def queue_of(step: Step) -> str:
    return wiring.QUEUES.get(step.kind, "default")


def enqueue(step: Step, *, delay: float = 0) -> None:
    """Ask a worker, once this transaction is safe. If the ask is lost, the sweeper asks again."""
    mine, queue = _following.get(), queue_of(step)
    can_follow = not delay and step.kind not in wiring.UNHURRIED
    if mine and can_follow and (mine.job_id, mine.queue) == (step.job_id, queue):
        transaction.on_commit(partial(mine.steps.append, step))
    else:
        transaction.on_commit(partial(send, RUN, [str(step.pk)], queue, delay), robust=True)


def send(task: str, arguments: list[Any], queue: str, delay: float = 0) -> None:
    """Put one message on a queue. With the broker away the row stays due, and the sweeper sends it
    again."""
    with suppress(Retry):
        messages.ask(task, arguments, queue, delay)
