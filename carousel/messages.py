"""The only door to Celery. A task is named, never imported, so nothing points back at tasks.py."""

import json
import logging
from typing import Any

from celery import current_app

from carousel import counters, measures, tracing
from carousel.errors import Retry

log = logging.getLogger(__name__)

LARGEST = 10_000
ALARMING = 100_000
AWAY = "The queue cannot be reached now, so nothing was begun. Try again in a moment."


def ask(task: str, arguments: list[Any], queue: str, delay: float = 0) -> None:
    """Put one message on a queue; `delay` in seconds.

    ValueError above 10 KB: bytes never travel in messages. Retry when the broker is away.
    """
    size = len(json.dumps(arguments))
    measures.PAYLOAD.observe(size)
    if size > LARGEST:
        counters.count("large-message", failed=size > ALARMING)
        raise ValueError(f"A message of {size} bytes to {task}; the limit is {LARGEST}.")
    try:
        current_app.send_task(
            task,
            arguments,
            queue=queue,
            countdown=delay or None,
            retry=False,
            headers={"request_id": tracing.current()},
        )
    except Exception as error:  # the transports share no narrower base
        log.warning("Could not send %s to %s.", task, queue, exc_info=True)
        raise Retry(AWAY) from error
