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
    return f"pgvector {row[0]}" if row else "no pgvector"


def broker() -> str:
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
    "storage": storage,
    "models": models,
}


def checks() -> list[Check]:
    return [_try(name, check) for name, check in CHECKS.items()]


def _try(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=check())
    except Exception as error:
        log.warning("The check of %s failed: %s", name, error)
        # Anybody may read this; hosts and names of users are for the log.
        return Check(name, ok=False, detail=type(error).__name__)
