"""Uploads that go past this program: a place is promised, the bytes go straight to the storage,
and the sender confirms. Only then is the file looked at, and becomes a photo.

A promised place is a line of a receipt. Until it is confirmed the file lies under a key of its own;
confirming copies exactly the content that was checked, so that a later write to the promised key
reaches nothing.
"""

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import IO
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from carousel import storage, tickets
from carousel.errors import GiveUp, Refused
from carousel.models import User
from carousel.tenants import walls
from imaging.jobs.models import Batch
from imaging.pixels.headers import CONTENT_TYPES
from imaging.uploads.intake import (
    BLOCK,
    HEAD,
    WRONG_TYPE,
    Arrival,
    Bytes,
    refuse,
    safe_name,
    take,
    too_large,
)
from imaging.uploads.receipt import Chosen, Line, Receipt, open_receipt

ALLOWED = frozenset([*CONTENT_TYPES.values(), "image/heif"])
AT_ONCE = 8


@dataclass(frozen=True)
class Announced:
    """What a sender says about a file before it is sent. `sha256` may be empty."""

    path: str
    size: int
    content_type: str
    sha256: str = ""


@dataclass(frozen=True)
class Offer:
    """A place on the receipt; with a ticket while its file is still to come."""

    line: Line
    ticket: tickets.Ticket | None


@dataclass(frozen=True)
class Seen:
    """What lies under a promised key: None when nothing was sent."""

    facts: storage.Facts | None
    head: bytes = b""


class NotSent(Refused):
    """Confirmed before it was sent."""


def offer(
    batch: Batch, user: User | None, name: str, files: Sequence[Announced], site: str
) -> tuple[Receipt, list[Offer]]:
    """A receipt for these files and a ticket for each that may come. `site` is our own address.

    Asked again for the same files, it goes on with the same receipt.
    """
    receipt, _ = open_receipt(batch, user, name, [Chosen(file.path, file.size) for file in files])
    lines = list(receipt.lines.select_related("receipt__batch").order_by("number"))
    offers = [_offer(line, file, site) for line, file in zip(lines, files, strict=True)]
    Line.objects.bulk_update([offer.line for offer in offers], ["sha256"], batch_size=500)
    return receipt, offers


def _offer(line: Line, file: Announced, site: str) -> Offer:
    if line.outcome != Line.Outcome.WAITING:
        return Offer(line, None)
    sentence = _why_not(file)
    if sentence:
        batch = line.receipt.batch
        refuse(batch.tenant, line.receipt.user, batch, arrival_of(line), sentence)
        line.outcome, line.reason = Line.Outcome.REFUSED, sentence
        return Offer(line, None)
    line.sha256 = file.sha256.lower()
    terms = tickets.Terms(str(line.tenant_id), key_of(line), line.size, file.content_type)
    return Offer(line, tickets.issue(terms, f"{site}{reverse('put-file')}"))


def _why_not(file: Announced) -> str:
    if file.content_type not in ALLOWED:
        return WRONG_TYPE
    if file.size == 0:
        return "The file is empty."
    return too_large() if file.size > settings.MAX_UPLOAD_BYTES else ""


def key_of(line: Line) -> str:
    """temp/{tenant}/{batch}/{index}_{name}, with the line's id so that no two share it."""
    receipt = line.receipt
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", safe_name(line.path))
    place = f"{receipt.first_index + line.number}_{line.pk.hex}_{name}"
    return f"temp/{line.tenant_id}/{receipt.batch_id}/{place}"


def _line_of(key: str) -> UUID:
    return UUID(key.split("/")[3].split("_")[1])


def put(policy: str, given: dict[str, str], file: IO[bytes], size: int) -> None:
    """What the bucket would do with a presigned form: store the file, or Refused."""
    terms = tickets.opened(policy)
    if given != {"key": terms.key, "Content-Type": terms.content_type}:
        raise Refused("The key or the content type is not the one that was signed.")
    if size != terms.size:
        raise Refused(f"The file has {size} bytes; {terms.size} were announced.")
    with walls.inside(UUID(terms.tenant)):
        line = Line.objects.filter(pk=_line_of(terms.key), tenant_id=terms.tenant).first()
        if line is None or line.outcome != Line.Outcome.WAITING:
            raise Refused("This upload address has been used.")
    storage.store(terms.key, file)


def look(lines: Sequence[Line]) -> list[Seen]:
    """What has come for these lines; several questions to the storage at once, no database."""
    keys = [key_of(line) for line in lines]
    if not settings.S3_BUCKET:
        return [_look(key) for key in keys]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_look, keys))


def _look(key: str) -> Seen:
    facts = storage.facts(key)
    if facts is None:
        return Seen(None)
    try:
        return Seen(facts, storage.beginning(key, HEAD) if facts.size else b"")
    except GiveUp:
        return Seen(None)


def confirm(line: Line, sha256: str = "", seen: Seen | None = None) -> Line:
    """Make the sent file a photo. The same answer however often it is asked; NotSent before.

    `sha256` is what the sender counted; the worker counts again and refuses anything else.
    """
    if line.outcome != Line.Outcome.WAITING:
        return line
    seen = seen or look([line])[0]
    if seen.facts is None:
        return _settled_meanwhile(line)
    receipt, key = line.receipt, key_of(line)
    arrival = arrival_of(line)
    if seen.facts.size != line.size:
        sentence = f"The file has {seen.facts.size} bytes; {line.size} were announced."
        refuse(line.tenant, receipt.user, receipt.batch, arrival, sentence)
    else:
        try:
            claimed = sha256.lower() or line.sha256
            content = Bytes(
                seen.head, line.size, _hash(key, claimed), key=key, etag=seen.facts.etag
            )
            arrival = replace(arrival, claimed_sha256=claimed)
            take(line.tenant, receipt.user, receipt.batch, content, arrival)
        except GiveUp:
            return _settled_meanwhile(line)
    line.refresh_from_db(fields=["outcome", "reason", "photo", "sha256"])
    storage.delete(key)
    return line


def _settled_meanwhile(line: Line) -> Line:
    """Nothing is there: another confirmation was faster, or nothing was sent."""
    line.refresh_from_db(fields=["outcome", "reason", "photo", "sha256"])
    if line.outcome == Line.Outcome.WAITING:
        raise NotSent("The file has not arrived. Send it first, then confirm it.")
    return line


def arrival_of(line: Line) -> Arrival:
    return Arrival(
        filename=line.path.rsplit("/", 1)[-1],
        path=line.path,
        index=line.receipt.first_index + line.number,
        line=line,
    )


def _hash(key: str, claimed: str) -> str:
    """Counted here; in a bucket the sender's word stands until the worker has read the file."""
    return claimed if claimed and settings.S3_BUCKET else _counted(key)


def _counted(key: str) -> str:
    digest = hashlib.sha256()
    with storage.reading(key) as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
