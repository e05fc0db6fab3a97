"""A photo, the files made from it, and the vectors that describe it."""

import hashlib
from collections.abc import Sequence
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, JSONField, Q, Value
from pgvector.django import HalfVectorField

from carousel import storage
from carousel.errors import GiveUp
from carousel.models import User
from carousel.rows import TenantRow
from imaging.jobs.models import Batch

DIMENSIONS = 1024
CHANGED = "The file is not the one that was sent: its bytes have changed."


class Changed(GiveUp):
    """Somebody wrote other bytes under the photo's key after they were checked."""


class PhotoQuerySet(models.QuerySet["Photo"]):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def usable(self) -> Self:
        return self.live().exclude(state__in=[Photo.State.REJECTED, Photo.State.FAILED])

    def suspects(self) -> Self:
        """Those whose cut-out looks wrong, until a person has looked at it."""
        return self.usable().exclude(faults=[]).filter(~Q(quality__contains={"passed": True}))

    def in_shooting_order(self) -> Self:
        return self.order_by(F("taken_at").asc(nulls_last=True), "index", "id")


class Photo(TenantRow):
    class State(models.TextChoices):
        RECEIVED = "received"
        PROCESSING = "processing"
        READY = "ready"
        REJECTED = "rejected"
        FAILED = "failed"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="photos")
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    index = models.PositiveIntegerField(help_text="Place in the upload, from 0.")
    filename = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, blank=True, help_text="Relative path in the folder.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=40, blank=True)
    original = models.CharField(max_length=500, blank=True, help_text="Storage key.")
    original_gone_at = models.DateTimeField(
        null=True, editable=False, help_text="Not accepted in time: the stored file has expired."
    )
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    reason = models.TextField(blank=True, help_text="Why it was rejected or failed, in a sentence.")
    files = models.JSONField(default=dict, blank=True, help_text="variant -> key, sha256, size")
    cutout_model = models.CharField(max_length=40, blank=True)
    cutout_is_fallback = models.BooleanField(default=False)
    faults = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    quality = models.JSONField(default=dict, blank=True)
    tag = models.JSONField(
        default=dict, blank=True, help_text="What a consignor's card in the photo says."
    )
    deleted_at = models.DateTimeField(null=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["index", "id"]
        indexes = [
            models.Index(fields=["batch", "state"], name="photo_by_state"),
            models.Index(
                fields=["created_at"],
                name="photo_in_temp",
                condition=Q(original__startswith="temp/", original_gone_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sha256"],
                condition=Q(deleted_at=None) & ~Q(state="rejected"),
                name="a_photo_once_per_batch",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def has(self, variant: str) -> bool:
        return variant in self.files

    def keep(self, pictures: dict[str, bytes]) -> None:
        """Store WebP files made from this photo, by variant.

        A file's name is its content: a second run is harmless.
        """
        kept = {variant: self._stored(variant, content) for variant, content in pictures.items()}
        Photo.objects.filter(pk=self.pk).update(files=merged("files", kept))
        self.files |= kept

    def _stored(self, variant: str, content: bytes) -> dict[str, Any]:
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"photos/{self.tenant_id}/{self.pk}/{variant}-{sha256[:16]}.webp"
        storage.save_bytes(key, content)
        return {"key": key, "sha256": sha256, "size": len(content)}

    def read(self, variant: str = "original") -> bytes:
        """GiveUp when the file is gone. An original that is not the one confirmed is not read."""
        if variant != "original":
            return storage.read_bytes(self.files[variant]["key"])
        content = storage.read_bytes(self.original)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Changed(CHANGED)
        return content


def merged(field: str, more: dict[str, Any]) -> Func:
    """field || more, in the database: two steps may add to it at the same time."""
    return Func(F(field), Value(more, JSONField()), template="(%(expressions)s)", arg_joiner=" || ")


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def keep(self, photo: Photo, model: str, vector: Sequence[float]) -> None:
        """The photo's vector of this model, in place of the one before."""
        row = Embedding(tenant_id=photo.tenant_id, photo=photo, model=model, vector=list(vector))
        self.bulk_create(
            [row], update_conflicts=True, unique_fields=["photo", "model"], update_fields=["vector"]
        )


class Embedding(TenantRow):
    """What one model sees in one photo. Vectors of different models are never compared."""

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="embeddings")
    model = models.CharField(max_length=100)
    vector = HalfVectorField(dimensions=DIMENSIONS)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["photo", "model"], name="one_vector_per_model"),
        ]
        indexes = [models.Index(fields=["tenant", "model"], name="embedding_by_model")]

    def __str__(self) -> str:
        return f"{self.model} of {self.photo_id}"
