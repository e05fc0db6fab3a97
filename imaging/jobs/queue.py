"""The only door to Celery. A task is named, never imported, so nothing points back at tasks.py."""

import json
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction

from carousel import counters, measures, tracing, wiring
from imaging.jobs.models import Step

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 10_000
ALARMING_MESSAGE = 100_000
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
    """Put one message on a queue. ValueError above 10 KB: bytes never travel in messages."""
    size = len(json.dumps(arguments))
    measures.PAYLOAD.observe(size)
    if size > LARGEST_MESSAGE:
        counters.count("large-message", failed=size > ALARMING_MESSAGE)
        raise ValueError(f"A message of {size} bytes to {task}; the limit is {LARGEST_MESSAGE}.")
    try:
        current_app.send_task(
            task,
            arguments,
            queue=queue,
            countdown=delay or None,
            retry=False,
            headers={"request_id": tracing.current()},
        )
    except Exception:
        # The broker is down. The row stays due, and the sweeper sends it again.
        log.warning("Could not send %s to %s; the sweeper will.", task, queue, exc_info=True)
