"""Where bytes live: local disk or S3, through Django's default storage. Keys in, bytes out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from carousel import counters, measures
from carousel.errors import GiveUp

EXPIRES = 600
"""Seconds that an address made by `url_for` works, at most; at least half of it."""
WINDOW = EXPIRES // 2
SALT = "carousel.files"


def save_bytes(key: str, content: bytes) -> None:
    """Write under exactly this key. Writing the same key again replaces it."""
    with _counted("put"):
        if default_storage.exists(key):
            default_storage.delete(key)
        saved = default_storage.save(key, ContentFile(content))
        if saved != key:
            default_storage.delete(saved)


def read_bytes(key: str) -> bytes:
    """GiveUp if nothing is stored there."""
    try:
        with _counted("get"), default_storage.open(key) as file:
            return cast(bytes, file.read())
    except FileNotFoundError as error:
        raise GiveUp("The stored file is gone.") from error


def delete(key: str) -> None:
    with _counted("delete"):
        default_storage.delete(key)


COUNTED_AS = {"put": "upload", "get": "download", "delete": "delete"}


@contextmanager
def _counted(operation: str) -> Iterator[None]:
    failed, started = True, time.monotonic()
    try:
        yield
        failed = False
    finally:
        seconds = time.monotonic() - started
        measures.STORAGE.labels(operation, "failed" if failed else "ok").observe(seconds)
        counters.count(COUNTED_AS[operation], failed=failed)


def window() -> int:
    """The number of this half of an address's life. What tells addresses is stale after it."""
    return int(time.time()) // WINDOW


def url_for(key: str) -> str:
    """A signed address that anybody may open for a while: the bucket's, or a path of this site."""
    if settings.S3_BUCKET:
        return str(default_storage.url(key))
    return reverse("file", args=[signing.dumps([key, (window() + 2) * WINDOW], salt=SALT)])


def key_of(token: str) -> str:
    """The key that `url_for` signed, or GiveUp when the time is over or the token is not ours."""
    try:
        key, until = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise GiveUp("This link was not made here.") from error
    if time.time() > until:
        raise GiveUp("This link has expired.")
    return str(key)
