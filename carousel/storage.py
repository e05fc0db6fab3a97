"""Where bytes live: local disk or S3, through Django's default storage. Keys in, bytes out.

What can go wrong with a storage becomes one of two things here: `Full` and `Away`. Both mean that
the work waits; a file that is not there is `GiveUp`.
"""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.urls import reverse
from s3transfer.exceptions import RetriesExceededError

from carousel import counters, measures
from carousel.circuit import Circuit
from carousel.errors import GiveUp, Retry

EXPIRES = 600
"""Seconds that an address made by `url_for` works, at most; at least half of it."""
WINDOW = EXPIRES // 2
SALT = "carousel.files"
COUNTED_AS = {"put": "upload", "get": "download"}
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
NO_ROOM_LEFT = "There is no room left for photos. Make room; the work goes on then."
PASSING = {"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "InternalError"}

circuit = Circuit()


class Away(Retry):
    """The storage does not answer. Work that needs it waits, and no attempt is counted."""


class Full(Away):
    """There is no room left. It waits like any other work, until somebody makes room."""


@dataclass(frozen=True)
class Facts:
    """What the storage says about an object. `etag` names this content, where there is one."""

    size: int
    etag: str = ""


def store(key: str, file: IO[bytes]) -> None:
    """Write under exactly this key. Writing the same key again replaces it."""
    with _counted("put"):
        default_storage.save(key, File(file))


def save_bytes(key: str, content: bytes) -> None:
    with _counted("put"):
        default_storage.save(key, ContentFile(content))


def read_bytes(key: str) -> bytes:
    """GiveUp if nothing is stored there."""
    with reading(key) as file:
        return file.read()


@contextmanager
def reading(key: str) -> Iterator[IO[bytes]]:
    """The open file, for a part of it or for more than memory holds."""
    try:
        with _counted("get"), default_storage.open(key) as file:
            yield cast(IO[bytes], file)
    except FileNotFoundError as error:
        raise GiveUp("The stored file is gone.") from error


def beginning(key: str, length: int) -> bytes:
    """The first bytes of a file. GiveUp if nothing is stored there."""
    if not settings.S3_BUCKET:
        with reading(key) as file:
            return file.read(length)
    try:
        with _counted("get"):
            wanted = f"bytes=0-{length - 1}"
            found = _client().get_object(Bucket=settings.S3_BUCKET, Key=key, Range=wanted)
            return cast(bytes, found["Body"].read())
    except ClientError as error:
        raise GiveUp("The stored file is gone.") from error


def facts(key: str) -> Facts | None:
    """None when nothing is stored there."""
    try:
        with _counted("head"):
            if not settings.S3_BUCKET:
                return Facts(default_storage.size(key))
            found = _client().head_object(Bucket=settings.S3_BUCKET, Key=key)
            return Facts(found["ContentLength"], found["ETag"])
    except (FileNotFoundError, ClientError):
        return None


def copy(source: str, target: str, etag: str = "") -> None:
    """Copy within the storage. GiveUp when the source is gone, or is not `etag` any more."""
    if not settings.S3_BUCKET:
        with reading(source) as file:
            return store(target, file)
    options = {"CopySourceIfMatch": etag} if etag else {}
    parameters = cast(Any, default_storage).get_object_parameters(target)
    try:
        with _counted("copy"):
            _client().copy_object(
                Bucket=settings.S3_BUCKET,
                Key=target,
                CopySource={"Bucket": settings.S3_BUCKET, "Key": source},
                MetadataDirective="REPLACE",
                **parameters,
                **options,
            )
    except ClientError as error:
        raise GiveUp("The stored file is gone, or has changed.") from error


def delete(key: str) -> None:
    """Harmless when nothing is there."""
    with _counted("delete"):
        default_storage.delete(key)


@dataclass(frozen=True)
class Stored:
    key: str
    size: int
    modified: datetime


def listed(folder: str) -> Iterator[Stored]:
    """Every object below a folder, one listing at a time."""
    if settings.S3_BUCKET:
        pages = _client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=settings.S3_BUCKET, Prefix=f"{folder}/"):
            for found in page.get("Contents", []):
                yield Stored(found["Key"], found["Size"], found["LastModified"])
        return
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        key = f"{folder}/{name}"
        try:
            yield Stored(key, default_storage.size(key), default_storage.get_modified_time(key))
        except FileNotFoundError:  # deleted while we looked
            continue
    for name in sorted(folders):
        yield from listed(f"{folder}/{name}")


@contextmanager
def _counted(operation: str) -> Iterator[None]:
    """One call: refused while the circuit is open, counted, its errors translated."""
    if not circuit.allows():
        raise Away("The photo storage does not answer; the work waits for it.")
    failed, started = True, time.monotonic()
    try:
        yield
        failed = False
        circuit.succeeded()
    except (BotoCoreError, OSError, ClientError, RetriesExceededError) as error:
        _translate(error)
        raise
    finally:
        seconds = time.monotonic() - started
        measures.STORAGE.labels(operation, "failed" if failed else "ok").observe(seconds)
        counters.count(COUNTED_AS.get(operation, operation), failed=failed)


@contextmanager
def room() -> Iterator[None]:
    """What writes temporary files runs in this block: a full disk is `Full` there too."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise Full(NO_ROOM_LEFT) from error
        raise


def is_no_room(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in NO_ROOM


def _translate(error: Exception) -> None:
    """Raise `Full` or `Away` for what may pass; return for what is an answer about one file."""
    if isinstance(error, FileNotFoundError):
        return
    if is_no_room(error):
        raise Full(NO_ROOM_LEFT) from error
    if isinstance(error, ClientError) and not _is_passing(error):
        return
    circuit.failed()
    raise Away(f"The photo storage does not answer: {type(error).__name__}.") from error


def _is_passing(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or error.response["Error"]["Code"] in PASSING


def _client() -> Any:
    return cast(Any, default_storage).connection.meta.client


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
