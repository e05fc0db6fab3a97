"""The only door to Celery. A task is named, never imported, so nothing points back at tasks.py."""

import json
import logging
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction

from carousel import counters, measures, tracing, wiring
from imaging.jobs.models import Step

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 10_000
ALARMING_MESSAGE = 100_000
RUN = "imaging.jobs.tasks.run_step"


def enqueue(step: Step, *, delay: float = 0) -> None:
    """Ask a worker, once this transaction is safe. If the ask is lost, the sweeper asks again."""
    queue = wiring.QUEUES.get(step.kind, "default")
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
