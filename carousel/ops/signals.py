"""What Celery tells us of a worker's life: that it beats, that it ends, which request it serves."""

import logging
import time
from typing import Any

import structlog
from celery import current_app, signals
from django.db import DatabaseError, connection

from carousel.ops import heartbeat

log = logging.getLogger(__name__)

EVERY = 30
"""Seconds between two rows; Celery itself beats every two."""
_written = -float(EVERY)


@signals.heartbeat_sent.connect
def beats(sender: Any, **_: Any) -> None:
    """In the worker's parent process, which never works and so is never too busy to say so."""
    global _written
    if time.monotonic() - _written < EVERY:
        return
    _written = time.monotonic()
    try:
        heartbeat.alive(sender.eventer.hostname, list(current_app.amqp.queues.consume_from))
    except DatabaseError:
        log.warning("The heartbeat could not be written.")
    finally:
        connection.close()  # children that are forked later must not inherit it


@signals.worker_shutdown.connect
def ends(sender: Any, **_: Any) -> None:
    try:
        heartbeat.ended(str(sender.hostname))
    except DatabaseError:
        log.warning("The heartbeat could not be removed.")
    finally:
        connection.close()


@signals.task_prerun.connect
def begins(task: Any, **_: Any) -> None:
    """The log of a task bears the id of the request that asked for it."""
    structlog.contextvars.clear_contextvars()
    if request_id := task.request.get("request_id"):
        structlog.contextvars.bind_contextvars(request_id=request_id)


@signals.task_postrun.connect
def is_over(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
