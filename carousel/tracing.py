"""One id follows a request from its header through logs, messages, steps and model calls."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from carousel import spans

HEADER = "X-Request-ID"
SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def accept(given: str | None) -> str:
    """The caller's id if it is a plain one, else a new one: it goes into logs and headers."""
    return given if given and SHAPE.fullmatch(given) else uuid.uuid4().hex


def current() -> str:
    """The id of what is being done now, or an empty string."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


@contextmanager
def traced(request_id: str, **more: object) -> Iterator[None]:
    """Within, every log line carries the id and the named facts (tenant, job, photo)."""
    facts = {name: str(value) for name, value in more.items() if value}
    with structlog.contextvars.bound_contextvars(request_id=request_id, **facts):
        yield


@contextmanager
def stage(name: str, **facts: object) -> Iterator[None]:
    """One named part of the work under the present id: a span, where there is a collector."""
    with spans.span(name, current(), **facts):
        yield
