"""A thing for sale, what we suggest about it, and the only ways its state may change."""

from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.rows import TenantRow


class Condition(models.TextChoices):
    """The six of the marketplace, best first."""

    NEW_WITH_TAGS = "new_with_tags", "New with tags"
    LIKE_NEW = "like_new", "Like new"
    VERY_GOOD = "very_good", "Very good"
    GOOD = "good", "Good"
    FAIR = "fair", "Fair"
    POOR = "poor", "Poor"


class ProductQuerySet(models.QuerySet["Product"]):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def on_sale(self) -> Self:
        return self.live().filter(state__in=[Product.State.LISTED, Product.State.UPDATED])

    def drafts(self) -> Self:
        return self.live().filter(state=Product.State.DRAFT)


class Product(TenantRow):
    class State(models.TextChoices):
        DRAFT = "draft"
        LISTED = "listed"
        UPDATED = "updated"
        SOLD = "sold"
        DELISTED = "delisted"

    COMES_FROM: dict[str, list[str]] = {
        State.DRAFT: [],
        State.LISTED: [State.DRAFT, State.DELISTED],
        State.UPDATED: [State.LISTED, State.UPDATED],
        State.SOLD: [State.LISTED, State.UPDATED],
        State.DELISTED: [State.LISTED, State.UPDATED],
    }
    FIELDS = (
        "title", "description_en", "description_is", "category", "brand", "condition",
        "colours", "keywords", "attributes", "rating", "price",
    )  # fmt: skip

    batch_id = models.UUIDField(null=True, editable=False)
    group_id = models.UUIDField(null=True, editable=False)
    title = models.CharField(max_length=200, blank=True)
    description_en = models.TextField(blank=True)
    description_is = models.TextField(blank=True)
    category = models.CharField(max_length=120, blank=True)
    brand = models.CharField(max_length=120, blank=True)
    condition = models.CharField(max_length=20, choices=Condition, blank=True)
    colours = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    rating = models.DecimalField(
        max_digits=2, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )  # fmt: skip
    price = models.BigIntegerField(null=True, blank=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, default="ISK")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    suggested = models.JSONField(default=dict, blank=True, editable=False)
    edited_fields = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, editable=False
    )
    listed_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["tenant", "state", "created_at"], name="product_by_state"),
            models.Index(fields=["tenant", "batch_id"], name="product_by_batch"),
        ]
        constraints = [
            models.CheckConstraint(
                name="product_on_sale_has_a_price",
                condition=~Q(state__in=["listed", "updated", "sold"])
                | Q(price__isnull=False, price__gt=0),
            ),
            models.CheckConstraint(
                name="product_price_is_positive", condition=Q(price__isnull=True) | Q(price__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Item {str(self.id)[:8]}"

    @transaction.atomic
    def become(self, state: str) -> None:
        """Move to `state`, or refuse. The one place where a product's state is written."""
        moved = Product.objects.filter(
            pk=self.pk, deleted_at=None, state__in=self.COMES_FROM[state]
        ).update(state=state, version=F("version") + 1, updated_at=now())
        if not moved:
            raise Refused(f"{self} is {self.state} and cannot become {state} now.")
        self.refresh_from_db()
        record(self.tenant, f"product.{state}", subject=self.pk, version=self.version)

    @transaction.atomic
    def suggest(
        self, field: str, value: Any, *, confidence: float, model: str, local: bool
    ) -> None:
        """Keep what a model says beside the staff's words; fill the field only if no person has."""
        row = Product.objects.select_for_update().get(pk=self.pk)
        row.suggested[field] = {
            "value": value, "confidence": round(confidence, 3), "model": model, "local": local,
        }  # fmt: skip
        if field in self.FIELDS and field not in row.edited_fields:
            setattr(row, field, value)
        row.version += 1
        row.updated_at = now()
        row.save()
        self.refresh_from_db()

    @transaction.atomic
    def edit(self, changes: dict[str, Any], *, version: int | None = None) -> None:
        """Write what a person decided. These fields are theirs from now on."""
        row = Product.objects.select_for_update().get(pk=self.pk)
        if version is not None and version != row.version:
            raise Refused("Somebody changed this item meanwhile. Reload to see their version.")
        for field, value in changes.items():
            setattr(row, field, value)
        row.edited_fields = sorted({*row.edited_fields, *changes})
        row.version += 1
        row.updated_at = now()
        row.save()
        self.refresh_from_db()


class ProductImage(TenantRow):
    """One picture of a product. Keys, never addresses: a signed address is made when it is read."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    photo_id: "models.UUIDField[UUID, UUID]" = models.UUIDField()
    position = models.PositiveSmallIntegerField(default=0)
    is_primary = models.BooleanField(default=False)
    files = models.JSONField(default=dict)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "photo_id"], name="photo_once_per_product"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_primary=True), name="one_primary_image"
            ),
        ]

    def __str__(self) -> str:
        return f"Picture {self.position} of {self.product_id}"
