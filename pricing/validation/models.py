"""What a look at both sides found, kept by date, with every row that one side lacks."""

from typing import Self

from django.db import models
from django.utils.timezone import now

from carousel.rows import TenantRow


class ValidationQuerySet(models.QuerySet["Validation"]):
    def finished(self) -> Self:
        return self.exclude(finished_at=None).order_by("-created_at")


class Validation(TenantRow):
    """One look at the operational store and the lake of one tenant."""

    class State(models.TextChoices):
        EQUAL = "equal"
        DIFFERS = "differs"
        ALERT = "alert", "Differs by more than 5 %"

    state = models.CharField(max_length=8, choices=State, default=State.EQUAL)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    sales = models.PositiveIntegerField(default=0)
    on_the_way = models.PositiveIntegerField(default=0, help_text="Not yet shipped, not yet late.")
    months = models.JSONField(default=list)
    vectors = models.JSONField(default=dict, help_text="Fault -> how many, on each side.")
    prices = models.JSONField(default=dict)
    repaired_at = models.DateTimeField(null=True)

    objects = ValidationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="validation_newest")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.get_state_display()}"


class Lack(TenantRow):
    """A sale that the lake lacks, or has and the store has not."""

    class Side(models.TextChoices):
        MISSING = "missing", "Missing in the lake"
        EXTRA = "extra", "Only in the lake"

    validation = models.ForeignKey(Validation, models.CASCADE, related_name="lacks")
    side = models.CharField(max_length=7, choices=Side)
    key = models.CharField(max_length=120, help_text="The product, or the sale without one.")
    sold_at = models.DateTimeField()
    price = models.DecimalField(max_digits=15, decimal_places=3, help_text="In the main unit.")

    class Meta:
        ordering = ["sold_at", "key"]

    def __str__(self) -> str:
        return f"{self.key} {self.get_side_display().lower()}"


class InspectedFile(models.Model):
    """A lake file whose vectors were looked at. Files never change, so once is enough."""

    path = models.CharField(max_length=700, primary_key=True)
    tenant = models.ForeignKey("carousel.Tenant", models.CASCADE, related_name="+")
    rows = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=dict)
    inspected_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.path
