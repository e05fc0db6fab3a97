"""Sales on their way to the lake: a shipment is what one snapshot of the table will hold."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from carousel.rows import Row


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def abandoned(self) -> Self:
        """Claimed, and not finished within the lease: the process that had them died."""
        return self.filter(state=Shipment.State.OPEN, lease_until__lt=Now())


class Shipment(Row):
    """Some sales that are written to the lake together, once. Its id is in the snapshot."""

    LEASE = timedelta(minutes=10)

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"

    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    lease_until = models.DateTimeField()
    sales_count = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField(null=True)

    objects = ShipmentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.sales_count} sales, {self.state}"
