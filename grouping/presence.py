"""Who has the review page of a batch open."""

from django.db import models
from django.utils.timezone import now

from carousel.models import User
from carousel.rows import TenantRow
from imaging.models import Batch


class Presence(TenantRow):
    """Who has the review page of a batch open, and at which group: it may be gone."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    # No constraint: an edit that takes a group away waits for nobody who looks at it.
    group = models.ForeignKey(
        "grouping.Group", models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    seen_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "user"], name="one_presence_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.batch_id}"
