"""The receipt of an upload: every file that a person selected, and what became of it.

A line exists from the moment of selection, so the sum always holds:
selected = stored + already here + refused + still to come.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db import models, transaction
from django.db.models import Count, Max, Q, Sum

from carousel.models import User
from carousel.rows import TenantRow
from imaging.jobs.models import Batch
from imaging.uploads.models import Photo

MOST_FILES = 5000


@dataclass(frozen=True)
class Chosen:
    """One file of a selection, in the order of the selection. `size` in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Sums:
    """Files by outcome; `bytes` is the size of everything selected."""

    selected: int
    stored: int
    here: int
    refused: int
    waiting: int
    bytes: int

    @property
    def is_complete(self) -> bool:
        return self.waiting == 0


class Receipt(TenantRow):
    """One selection of files for one batch: a folder, a camera card, a handful."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="receipts")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=255, blank=True, help_text="The folder, if it was one.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over paths and sizes.")
    first_index = models.PositiveIntegerField(help_text="Place of its first file in the batch.")

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["batch", "fingerprint"], name="receipt_of_selection")]

    def __str__(self) -> str:
        return self.name or f"Files of {self.created_at:%Y-%m-%d %H:%M}"

    def sums(self) -> Sums:
        return sums(self.lines.all())


class LineQuerySet(models.QuerySet["Line"]):
    def refused(self) -> Self:
        return self.filter(outcome=Line.Outcome.REFUSED)

    def waiting(self) -> Self:
        return self.filter(outcome=Line.Outcome.WAITING)

    def settle(
        self, outcome: str, *, reason: str = "", photo: Photo | None = None, sha256: str = ""
    ) -> int:
        """Write what became of these files. A stored file stays stored, whatever comes later."""
        changes: dict[str, object] = {"outcome": outcome, "reason": reason, "photo": photo}
        if sha256:
            changes["sha256"] = sha256
        return self.exclude(outcome=Line.Outcome.STORED).update(**changes)


class Line(TenantRow):
    class Outcome(models.TextChoices):
        WAITING = "waiting", "Still to come"
        STORED = "stored", "Stored"
        HERE = "here", "Already here"
        REFUSED = "refused", "Refused"

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(help_text="Place in the selection, from 0.")
    path = models.CharField(max_length=1000)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reason = models.TextField(blank=True)
    photo = models.ForeignKey(Photo, models.SET_NULL, null=True, related_name="lines")

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["receipt", "number"]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "number"], name="a_line_once_per_receipt"),
        ]
        indexes = [models.Index(fields=["receipt", "outcome"], name="line_by_outcome")]

    def __str__(self) -> str:
        return self.path


def sums(lines: models.QuerySet[Line]) -> Sums:
    """Count the lines by outcome, in one query."""
    outcomes = {value: Count("pk", filter=Q(outcome=value)) for value in Line.Outcome.values}
    return Sums(**lines.aggregate(selected=Count("pk"), bytes=Sum("size", default=0), **outcomes))


@transaction.atomic
def open_receipt(
    batch: Batch, user: User | None, name: str, files: Sequence[Chosen]
) -> tuple[Receipt, bool]:
    """The receipt for this selection, and whether it continues one that was broken off.

    The same folder chosen again after a reload goes on with its own receipt, so that what was
    stored the first time is still counted as stored.
    """
    Batch.objects.select_for_update().get(pk=batch.pk)
    fingerprint = fingerprint_of(files)
    broken_off = (
        Receipt.objects.filter(batch=batch, fingerprint=fingerprint, lines__outcome="waiting")
        .distinct()
        .last()
    )
    if broken_off:
        return broken_off, True
    receipt = Receipt.objects.create(
        tenant_id=batch.tenant_id,
        batch=batch,
        user=user,
        name=name[:255],
        fingerprint=fingerprint,
        first_index=_next_index(batch),
    )
    Line.objects.bulk_create(_lines(receipt, files), batch_size=1000)
    return receipt, False


def fingerprint_of(files: Iterable[Chosen]) -> str:
    """One name for one selection: SHA-256 over its paths and sizes, in order."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.size}\n".encode(errors="replace"))
    return digest.hexdigest()


def _lines(receipt: Receipt, files: Sequence[Chosen]) -> list[Line]:
    return [
        Line(
            tenant_id=receipt.tenant_id,
            receipt=receipt,
            number=number,
            path=file.path[-1000:],
            size=file.size,
        )
        for number, file in enumerate(files)
    ]


def _next_index(batch: Batch) -> int:
    """After everything that was ever selected for the batch, so that places never clash."""
    photos = batch.photos.aggregate(last=Max("index"))["last"]
    ends = [photos + 1 if photos is not None else 0]
    last = batch.receipts.annotate(files=Count("lines")).order_by("-first_index").first()
    if last:
        ends.append(last.first_index + last.files)
    return max(ends)
