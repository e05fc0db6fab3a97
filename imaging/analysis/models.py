"""What was seen in a photo: one current analysis with its attributes and defects, and those before.

An analysis and its parts are written in one transaction, so a half one is never read. What staff
said (a value, a confirmed or dismissed box) is carried into every later analysis of the photo.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField

from carousel.products.models import Product
from carousel.rows import TenantRow
from imaging.uploads.models import DIMENSIONS, Photo

SHARE = [MinValueValidator(0), MaxValueValidator(1)]


class AnalysisQuerySet(models.QuerySet["Analysis"]):
    def current(self) -> Self:
        return self.filter(is_current=True)


class Analysis(TenantRow):
    class Status(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"

    tenant = models.ForeignKey("carousel.Tenant", models.CASCADE, related_name="analyses")
    photo = models.ForeignKey(Photo, models.CASCADE, related_name="analyses")
    is_current = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPLETED)
    model = models.CharField(max_length=100)
    model_version = models.CharField(max_length=60, blank=True)
    made_by_fallback = models.BooleanField(default=False)
    made_locally = models.BooleanField(default=True)
    label = models.CharField(max_length=120, blank=True, help_text="Category; empty is unknown.")
    confidence = models.FloatField(default=0, validators=SHARE)
    scores = models.JSONField(default=dict, blank=True, help_text="Label -> score.")
    description = models.TextField(blank=True)
    description_model = models.CharField(max_length=100, blank=True)
    processing_time_ms = models.PositiveIntegerField(default=0)
    error_message = models.TextField(blank=True)
    raw = models.JSONField(default=dict, blank=True, help_text="What the models answered.")

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["photo"], condition=Q(is_current=True), name="one_current_analysis"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'unknown'} ({self.confidence:.0%}) by {self.model}"


class Attribute(TenantRow):
    """One fact with who says so. A staff value is never replaced by a model's."""

    class Source(models.TextChoices):
        MODEL = "model"
        STAFF = "staff"

    analysis = models.ForeignKey(Analysis, models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    confidence = models.FloatField(default=0, validators=SHARE)
    source = models.CharField(max_length=10, choices=Source, default=Source.MODEL)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["name", "-confidence", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "name", "value"], name="attribute_once_per_analysis"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class Defect(TenantRow):
    """Where and how the item is damaged, in shares of the upright photo: x, y is the top left."""

    class Kind(models.TextChoices):
        STAIN = "stain"
        SCRATCH = "scratch"
        HOLE = "hole"
        TEAR = "tear"
        CRACK = "crack"
        CHIP = "chip"
        DENT = "dent"
        WEAR = "wear"
        FADING = "fading"
        PILLING = "pilling"
        BLEMISH = "blemish"

    class Severity(models.TextChoices):
        MINOR = "minor"
        MODERATE = "moderate"
        MAJOR = "major"

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"

    analysis = models.ForeignKey(Analysis, models.CASCADE, related_name="defects")
    kind = models.CharField(max_length=10, choices=Kind)
    severity = models.CharField(max_length=10, choices=Severity)
    confidence = models.FloatField(default=0, validators=SHARE)
    x = models.FloatField(validators=SHARE)
    y = models.FloatField(validators=SHARE)
    width = models.FloatField(validators=SHARE)
    height = models.FloatField(validators=SHARE)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)

    class Meta:
        ordering = ["-confidence", "id"]
        constraints = [
            models.CheckConstraint(
                name="defect_inside_the_photo",
                condition=Q(x__gte=0, y__gte=0, width__gt=0, height__gt=0)
                & Q(x__lte=1 - F("width") + 1e-9, y__lte=1 - F("height") + 1e-9),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.severity} {self.kind} ({self.state})"


class Cover(TenantRow):
    """Whether staff kept our first photo of an item, and else in what theirs was better."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="+")
    category = models.CharField(max_length=120, blank=True)
    agrees = models.BooleanField()
    merits = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "category"], name="cover_by_category")]

    def __str__(self) -> str:
        return f"{'kept' if self.agrees else ', '.join(self.merits) or 'another'}"


class Exemplar(TenantRow):
    """A thing whose kind a person knows, as a shape: it votes on what other things are called."""

    key = models.CharField(max_length=100, help_text="photo:<id>, sale:<id>: whose it is.")
    category = models.CharField(max_length=120)
    brand = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=100)
    vector = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "key", "model"], name="exemplar_once_per_key_and_model"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "model"], name="exemplar_by_model")]

    def __str__(self) -> str:
        return f"{self.key}: {self.category}"
