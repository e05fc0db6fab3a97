"""The one door for a photo's bytes: browser, JSON API and command line all come through `receive`.

It checks, names and stores the bytes, then writes the row and starts the job in one
transaction. Bytes come first: a crash between the two leaves a file that the retention task
sweeps, never a row without a file.
"""

import hashlib
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from carousel import storage
from carousel.models import Tenant, User
from imaging.jobs import pipeline
from imaging.jobs.models import Batch
from imaging.pixels import headers
from imaging.pixels.errors import Rejected
from imaging.uploads.models import Photo
from imaging.uploads.receipt import Line

BLOCK = 1024 * 1024
HEAD = 256 * 1024
"""Bytes from the start that are enough to name the type and the claimed size of a picture."""
IN_MEMORY = 2 * BLOCK
WRONG_TYPE = "This is not a JPEG, PNG, WebP or HEIC picture."


class Outcome(StrEnum):
    STORED = "stored"
    HERE = "here"
    REFUSED = "refused"


@dataclass(frozen=True)
class Arrival:
    """What the sender says about a file. Nothing of it is believed before it is checked.

    `index` is the file's place in the shoot; None means after the last one. `claimed_sha256` is
    lower-case hex, or empty. `line` is the line of the receipt that waits for this file.
    """

    filename: str
    path: str = ""
    index: int | None = None
    claimed_sha256: str = ""
    line: Line | None = None


@dataclass(frozen=True)
class Received:
    outcome: Outcome
    photo: Photo
    reason: str = ""


@dataclass(frozen=True)
class Bytes:
    """A file that has arrived whole: in `file`, which stands at its start, or in the storage
    under `key`, where `etag` names its content."""

    head: bytes
    size: int
    sha256: str
    file: IO[bytes] | None = None
    key: str = ""
    etag: str = ""


def receive(
    tenant: Tenant, user: User | None, batch: Batch, chunks: Iterable[bytes], arrival: Arrival
) -> Received:
    """Take one file of at most `MAX_UPLOAD_BYTES`; each file settles alone.

    Stored, already here (same bytes in this batch), or refused with a sentence: never an
    exception for a bad file. The result is on the receipt's line when this returns.
    """
    try:
        with arrived(chunks) as content:
            return take(tenant, user, batch, content, arrival)
    except Rejected as no:
        return refuse(tenant, user, batch, arrival, no.sentence)


def take(
    tenant: Tenant, user: User | None, batch: Batch, content: Bytes, arrival: Arrival
) -> Received:
    """Keep a file that is here whole, wherever it lies; or refuse it with a sentence."""
    try:
        content_type = _checked(content, arrival)
    except Rejected as no:
        return refuse(tenant, user, batch, arrival, no.sentence)
    return _keep(tenant, user, batch, content, content_type, arrival)


def refuse(
    tenant: Tenant, user: User | None, batch: Batch, arrival: Arrival, sentence: str
) -> Received:
    """Name the file on the batch's page with the reason. The same file twice is one row."""
    path = path_of(arrival)
    known = batch.photos.filter(path=path, original="", state=Photo.State.REJECTED)
    if not known.update(reason=sentence):
        Photo.objects.create(
            tenant=tenant,
            batch=batch,
            uploaded_by=user,
            index=_index(batch, arrival),
            filename=safe_name(arrival.filename),
            path=path,
            sha256=arrival.claimed_sha256,
            size=arrival.line.size if arrival.line else 0,
            state=Photo.State.REJECTED,
            reason=sentence,
        )
    Batch.objects.touch(batch.pk)
    _settle(arrival, Outcome.REFUSED, reason=sentence)
    return Received(Outcome.REFUSED, known.latest("created_at"), sentence)


@contextmanager
def arrived(chunks: Iterable[bytes]) -> Iterator[Bytes]:
    """Read to the end while counting and hashing; stop at the limit. Flat memory at any size."""
    digest, size, head = hashlib.sha256(), 0, b""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        with storage.room():
            for chunk in chunks:
                size += len(chunk)
                if size > settings.MAX_UPLOAD_BYTES:
                    raise Rejected(too_large())
                head = head if len(head) >= HEAD else head + chunk[: HEAD - len(head)]
                digest.update(chunk)
                file.write(chunk)
            file.seek(0)
        yield Bytes(head, size, digest.hexdigest(), file)


def too_large() -> str:
    limit = settings.MAX_UPLOAD_BYTES // BLOCK
    return f"The file is larger than {limit} MB."


def safe_name(filename: str) -> str:
    """A name that is safe in a storage key and still tells the person which file it was.

    Letters of any language stay; folders, control characters and what shells or browsers treat
    specially go. At most 120 characters, the extension kept.
    """
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r"[^\w.() -]", "_", name).strip(". ")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    return f"{stem[:110]}{dot}{extension[:9]}" or "photo"


def path_of(arrival: Arrival) -> str:
    """The path inside the chosen folder, as a person would write it; never leads upward."""
    pieces = PurePosixPath((arrival.path or arrival.filename).replace("\\", "/")).parts
    kept = [safe_name(piece) for piece in pieces if piece not in {"/", "..", "."}]
    return "/".join(kept)[-1000:] or "photo"


def _checked(content: Bytes, arrival: Arrival) -> str:
    header = headers.read_header(content.head, content.size)
    if arrival.claimed_sha256 and arrival.claimed_sha256 != content.sha256:
        raise Rejected("The file changed on its way here. Please send it again.")
    return headers.CONTENT_TYPES[header.format]


def _keep(
    tenant: Tenant,
    user: User | None,
    batch: Batch,
    content: Bytes,
    content_type: str,
    arrival: Arrival,
) -> Received:
    twin = _twin(batch, content.sha256)
    if twin and twin.original_gone_at:
        return _give_back(twin, content, arrival)
    if twin:
        return _already_here(twin, arrival)
    index = _index(batch, arrival)
    key = _store(tenant, batch, index, content, arrival)
    try:
        with transaction.atomic():
            photo = Photo.objects.create(
                tenant=tenant,
                batch=batch,
                uploaded_by=user,
                index=index,
                filename=safe_name(arrival.filename),
                path=path_of(arrival),
                sha256=content.sha256,
                size=content.size,
                content_type=content_type,
                original=key,
            )
            _forget_refusal(photo)
            _settle(arrival, Outcome.STORED, photo=photo, sha256=content.sha256)
            pipeline.start(tenant, "photo", photo.pk, batch)
    except IntegrityError:  # The same bytes came through another door a moment ago.
        return _already_here(_winner(batch, content, key), arrival)
    return Received(Outcome.STORED, photo)


def _winner(batch: Batch, content: Bytes, key: str) -> Photo:
    """The photo that was first. Our copy goes, unless both were written under one key."""
    photo = Photo.objects.exclude(state=Photo.State.REJECTED).get(
        batch=batch, sha256=content.sha256, deleted_at=None
    )
    if photo.original != key:
        storage.delete(key)
    return photo


def _give_back(twin: Photo, content: Bytes, arrival: Arrival) -> Received:
    """The same bytes again, after the stored original had expired: it is whole once more."""
    key = _store(twin.tenant, twin.batch, twin.index, content, arrival)
    Photo.objects.filter(pk=twin.pk).update(
        original=key, original_gone_at=None, deleted_at=None, created_at=Now()
    )
    Batch.objects.touch(twin.batch_id)
    _settle(arrival, Outcome.STORED, photo=twin, sha256=twin.sha256)
    return Received(Outcome.STORED, twin)


def _twin(batch: Batch, sha256: str) -> Photo | None:
    """The same bytes in this batch: one in use, else one that was removed."""
    twins = batch.photos.filter(sha256=sha256).exclude(original="")
    return twins.order_by(F("deleted_at").asc(nulls_first=True)).first()


def _already_here(twin: Photo, arrival: Arrival) -> Received:
    """Nothing is stored. A removed photo comes back; a rejected one is refused again."""
    if twin.state == Photo.State.REJECTED:
        _settle(arrival, Outcome.REFUSED, reason=twin.reason, photo=twin, sha256=twin.sha256)
        return Received(Outcome.REFUSED, twin, twin.reason)
    if twin.deleted_at:
        Photo.objects.filter(pk=twin.pk).update(deleted_at=None)
        Batch.objects.touch(twin.batch_id)
    _settle(arrival, Outcome.HERE, photo=twin, sha256=twin.sha256)
    return Received(Outcome.HERE, twin)


def _store(tenant: Tenant, batch: Batch, index: int, content: Bytes, arrival: Arrival) -> str:
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", safe_name(arrival.filename))
    name = f"{index}_{content.sha256[:12]}_{plain}"
    key = f"temp/{tenant.pk}/{batch.pk}/{name}"
    if content.file is None:
        storage.copy(content.key, key, content.etag)
    else:
        storage.store(key, content.file)
    return key


def _index(batch: Batch, arrival: Arrival) -> int:
    if arrival.index is not None:
        return arrival.index
    last = batch.photos.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def _forget_refusal(photo: Photo) -> None:
    """A whole file came where a broken one of the same path was refused before."""
    Photo.objects.filter(
        batch=photo.batch, path=photo.path, state=Photo.State.REJECTED, original=""
    ).delete()


def _settle(
    arrival: Arrival,
    outcome: Outcome,
    *,
    reason: str = "",
    photo: Photo | None = None,
    sha256: str = "",
) -> None:
    if arrival.line:
        line = Line.objects.filter(pk=arrival.line.pk)
        line.settle(outcome, reason=reason, photo=photo, sha256=sha256)
