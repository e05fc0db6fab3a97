"""Is each thing we depend on there? One check each, with its sentence."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import redis
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from carousel.celery import app
from carousel.errors import GiveUp

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        raise GiveUp("pgvector is not installed")
    return f"pgvector {row[0]}"


def broker() -> str:
    """The road to the workers: Redis, RabbitMQ or SQS, by CELERY_BROKER_URL."""
    with app.connection_for_write(connect_timeout=3) as broker:
        broker.ensure_connection(max_retries=1, timeout=3)
        return str(broker.transport.driver_type)


def cache() -> str:
    """Where limits and rates are counted."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3)
    return f"Redis {cast(dict[str, str], client.info('server'))['redis_version']}"


def storage() -> str:
    name = default_storage.save("probe/health.txt", ContentFile(b"ok"))
    default_storage.delete(name)
    return "written and deleted"


def models() -> str:
    weights = settings.MODEL_DIR / f"{settings.CUTOUT_MODEL}.onnx"
    found = (
        "found" if weights.is_file() else "not here: rembg downloads it once, or GrabCut is used"
    )
    return f"{settings.CUTOUT_MODEL} {found}"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "broker": broker,
    "cache": cache,
    "storage": storage,
    "models": models,
}


def checks() -> list[Check]:
    return [check(name) for name in CHECKS]


def check(name: str) -> Check:
    return tried(name, CHECKS[name])


def tried(name: str, look: Callable[[], str]) -> Check:
    """What `look` says; well unless it raised."""
    try:
        return Check(name, ok=True, detail=look())
    except GiveUp as error:
        return Check(name, ok=False, detail=str(error))
    except Exception as error:
        log.warning("The check of %s failed: %s", name, error)
        # Anybody may read this; hosts and names of users are for the log.
        return Check(name, ok=False, detail=type(error).__name__)
