"""What was sold, and how it came in. A sale is a fact and never edited by the program."""

import json
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.timezone import now
from pgvector.django import HalfVectorField, HnswIndex

from carousel.products.models import Condition
from carousel.rows import TenantRow
from pricing.fields import Season, StartsWith
from pricing.lake.models import Shipment

DIMENSIONS = 1024


def kept_since() -> datetime:
    """Older sales live only in the lake."""
    return now() - timedelta(days=settings.KEEP_DAYS_SALES)


class SaleQuerySet(models.QuerySet["Sale"]):
    def within(self, path: str) -> Self:
        """Sales of this category (a lower-case path) and of everything under it."""
        if not path:
            return self.all()
        below = StartsWith(F("category_key"), Value(f"{path}/"))
        return self.filter(Q(category_key=path) | Q(below))

    def known(self, since: Any, until: Any) -> Self:
        return self.filter(sold_at__gte=since, sold_at__lte=until)

    def expired(self) -> Self:
        return self.filter(sold_at__lt=kept_since())

    def pictured(self, model: str) -> Self:
        return self.filter(vector__isnull=False, model=model)

    def guessed(self) -> int:
        """How many rows the planner expects, in a millisecond; counting would read them all."""
        plan = json.loads(self.order_by().values("pk").explain(format="json"))
        return int(plan[0]["Plan"]["Plan Rows"])


class Sale(TenantRow):
    """One thing that sold. Money in minor units; the season follows from the date by itself."""

    sale_id = models.CharField(max_length=100, help_text="The shop's own id of the sale.")
    product_id = models.CharField(max_length=100, blank=True)
    price = models.BigIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3, default="ISK")
    sold_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True, blank=True)
    season = models.GeneratedField(
        expression=Season("sold_at"), output_field=models.CharField(max_length=2), db_persist=True
    )
    category = models.CharField(max_length=200, help_text="A path: Women/Jackets.")
    category_key = models.GeneratedField(
        expression=Lower("category"), output_field=models.CharField(max_length=200), db_persist=True
    )
    brand = models.CharField(max_length=120, blank=True)
    brand_key = models.GeneratedField(
        expression=Lower("brand"), output_field=models.CharField(max_length=120), db_persist=True
    )
    condition = models.CharField(max_length=20, choices=Condition, blank=True)
    title = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    colour = models.CharField(max_length=100, blank=True)
    material = models.CharField(max_length=100, blank=True)
    size = models.CharField(max_length=60, blank=True)
    image_key = models.CharField(max_length=500, blank=True, help_text="Storage key.")
    embedding_id = models.UUIDField(null=True, blank=True)
    vector = HalfVectorField(dimensions=DIMENSIONS, null=True, blank=True)
    model = models.CharField(max_length=100, blank=True, help_text="What made the vector.")
    source = models.CharField(max_length=20, default="import")
    shipment = models.ForeignKey(
        Shipment, models.PROTECT, null=True, editable=False, related_name="sales"
    )

    objects = SaleQuerySet.as_manager()

    class Meta:
        ordering = ["-sold_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sale_id"], name="a_sale_once_per_tenant"),
            models.CheckConstraint(name="sale_price_is_positive", condition=Q(price__gt=0)),
            models.CheckConstraint(
                name="sale_currency_is_a_code", condition=Q(currency__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(
                name="sale_condition_is_known", condition=Q(condition__in=["", *Condition.values])
            ),
            models.CheckConstraint(
                name="sale_vector_names_its_model",
                condition=Q(vector__isnull=True, model="") | Q(vector__isnull=False) & ~Q(model=""),
            ),
            models.CheckConstraint(
                name="sale_listed_before_sold",
                condition=Q(listed_at__isnull=True) | Q(listed_at__lte=F("sold_at")),
            ),
        ]
        indexes = [
            # Comparables: the category or a parent (a prefix), then the window.
            models.Index(
                F("tenant"),
                OpClass(F("category_key"), "varchar_pattern_ops"),
                F("sold_at"),
                name="sale_by_category",
            ),
            models.Index(
                fields=["tenant", "category_key", "season", "sold_at", "price"],
                name="sale_by_season",
            ),
            models.Index(
                fields=["tenant", "model", "sold_at"],
                name="sale_pictured",
                condition=Q(vector__isnull=False),
            ),
            models.Index(fields=["tenant", "brand_key", "sold_at"], name="sale_by_brand"),
            # Looks, where category and window leave more sales than can be compared one by one.
            HnswIndex(
                fields=["vector"],
                name="sale_nearest",
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
            ),
            # What the lake does not have yet.
            models.Index(
                fields=["created_at"], name="sale_unshipped", condition=Q(shipment__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.category}, {self.price} {self.currency}"


class Import(TenantRow):
    """The progress of one import: which file or source, how far, what was wrong."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    source = models.CharField(max_length=20, help_text="file or legacy")
    name = models.CharField(
        max_length=300, help_text="The file's hash, or the day of a nightly run."
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    file_key = models.CharField(max_length=300, blank=True, help_text="Handed in, in storage.")
    cursor = models.CharField(max_length=100, blank=True, help_text="Everything before it is in.")
    total = models.PositiveIntegerField(default=0, help_text="0 = unknown beforehand.")
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="Already there, skipped.")
    refused = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list, help_text="The first 100: row, sentence.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "name"], name="an_import_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.name}: {self.state}"
