"""What we suggested and from which evidence, and what people decided about it.

A quote with its comparables is written once and replaced, not changed; strikes and decisions are
what people said, and outlive every quote. The sales behind them: `pricing/sales.py`.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q

from carousel.models import Product, User
from carousel.rows import TenantRow
from pricing.lake.models import Shipment
from pricing.sales import Import, Sale
from pricing.validation.models import InspectedFile, Lack, Validation


class LessonQuerySet(models.QuerySet["Lesson"]):
    def current(self) -> "Lesson | None":
        return self.filter(is_current=True).first()


class Lesson(TenantRow):
    """What all sales taught on one day: factors, the calibration and the backtest behind it."""

    is_current = models.BooleanField(default=True)
    currency = models.CharField(max_length=3)
    sales = models.PositiveIntegerField(default=0)
    factors = models.JSONField(default=dict)
    calibration = models.JSONField(default=dict)
    figures = models.JSONField(default=dict, help_text="The backtest, as the page shows it.")
    pace = models.JSONField(default=dict, help_text="Root category -> days to sell.")
    proposals = models.JSONField(default=list, help_text="What staff's overrides suggest.")

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_current=True), name="one_current_lesson"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sales} sales, {self.created_at:%Y-%m-%d}"


class QuoteQuerySet(models.QuerySet["Quote"]):
    def current(self) -> Self:
        return self.filter(is_current=True)


class Quote(TenantRow):
    """A price suggested for a product, or none and why, with everything that went into it."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="quotes")
    is_current = models.BooleanField(default=True)
    currency = models.CharField(max_length=3)
    price = models.BigIntegerField(null=True)
    low = models.BigIntegerField(null=True)
    high = models.BigIntegerField(null=True)
    unrounded = models.FloatField(null=True)
    confidence = models.FloatField(default=0)
    spread = models.FloatField(default=0)
    effective = models.FloatField(default=0, help_text="Effective number of comparables.")
    basis = models.CharField(max_length=12, blank=True)
    silence = models.CharField(max_length=12, blank=True, help_text="Why there is no price.")
    lines = models.JSONField(default=list, help_text="The waterfall.")
    inputs = models.JSONField(default=dict, help_text="What the engine was told.")
    hint = models.JSONField(
        default=dict, help_text="The category's median, when there is no price."
    )
    days = models.JSONField(default=dict, help_text="Days to sell: low, median, high, sales.")
    strategy = models.CharField(max_length=40, blank=True, help_text="The arm of an experiment.")
    lesson = models.ForeignKey(Lesson, models.SET_NULL, null=True, related_name="+")

    objects = QuoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_current=True), name="one_current_quote"
            ),
            models.CheckConstraint(
                name="quote_has_a_price_or_says_why",
                condition=Q(price__isnull=True, low__isnull=True, high__isnull=True)
                & ~Q(silence="")
                | Q(price__isnull=False, low__isnull=False, high__isnull=False, silence=""),
            ),
            models.CheckConstraint(
                name="quote_price_lies_in_its_range",
                condition=Q(price__isnull=True)
                | Q(low__gt=0, low__lte=F("price"), high__gte=F("price")),
            ),
            models.CheckConstraint(
                name="quote_confidence_is_a_share",
                condition=Q(confidence__gte=0, confidence__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price} {self.currency}" if self.price else f"no price: {self.silence}"


class Comparable(TenantRow):
    """One sale as a quote saw it. Its price and day stay when the sale is deleted."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="comparables")
    sale = models.ForeignKey(Sale, models.SET_NULL, null=True, related_name="+")
    position = models.PositiveSmallIntegerField()
    price = models.BigIntegerField()
    sold_at = models.DateTimeField()
    similarity = models.FloatField()
    basis = models.CharField(max_length=12)
    recency = models.FloatField(default=0)
    weight = models.FloatField(default=0)
    share = models.FloatField(default=0)
    adjusted = models.FloatField(null=True, help_text="Price made comparable, minor units.")
    excluded = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quote", "sale"], name="a_sale_once_per_quote"),
            models.CheckConstraint(
                name="comparable_is_excluded_or_weighs",
                condition=Q(excluded="", weight__gt=0, adjusted__gt=0)
                | ~Q(excluded="") & Q(weight=0, share=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.similarity:.0%} {self.price}"


class StrikeQuerySet(models.QuerySet["Strike"]):
    def standing(self) -> Self:
        return self.filter(lifted_at=None)


class Strike(TenantRow):
    """A person took a sale out of a product's evidence. Remembered until somebody takes it back."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="strikes")
    sale = models.ForeignKey(Sale, models.CASCADE, related_name="strikes")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)

    objects = StrikeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sale"], condition=Q(lifted_at=None), name="struck_once"
            ),
        ]

    def __str__(self) -> str:
        return self.reason or "struck"


class Decision(TenantRow):
    """Who set a price, against which suggestion, and why."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted"
        OVERRIDDEN = "overridden"
        AUTOMATIC = "automatic", "Accepted automatically"
        CLEARED = "cleared"

    product = models.ForeignKey(Product, models.CASCADE, related_name="decisions")
    quote = models.ForeignKey(Quote, models.SET_NULL, null=True, related_name="decisions")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    before = models.BigIntegerField(null=True)
    price = models.BigIntegerField(null=True)
    suggested = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    to_audit = models.BooleanField(default=False, help_text="Drawn at random for a second look.")
    audited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    audited_at = models.DateTimeField(null=True)
    audit_ok = models.BooleanField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="decision_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.price}"


__all__ = [
    "Comparable",
    "Decision",
    "Import",
    "InspectedFile",
    "Lack",
    "Lesson",
    "Quote",
    "Sale",
    "Shipment",
    "Strike",
    "Validation",
]
