"""What happened, in order, and what could not be done."""

from typing import Self

from django.db import models
from django.utils.timezone import now

from carousel.rows import TenantRow


class EventQuerySet(models.QuerySet["Event"]):
    def unsent(self) -> Self:
        return self.filter(sent_at=None).order_by("position")


class Event(TenantRow):
    """One line of the tenant's log. Written in the transaction of the change it tells about."""

    kind = models.CharField(max_length=60)
    subject = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    position = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=models.Func(
            models.Value("carousel_event_position"),
            function="nextval",
            output_field=models.BigIntegerField(),
        ),
    )
    sent_at = models.DateTimeField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["position"], name="event_unsent", condition=models.Q(sent_at=None)
            ),
            models.Index(fields=["tenant", "subject", "position"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.position}"


class DeadLetter(TenantRow):
    """Work or an event that was given up, with everything needed to try it again."""

    class Category(models.TextChoices):
        RETRYABLE = "retryable"
        PERMANENT = "permanent"
        EXPIRED = "expired"

    origin = models.CharField(max_length=100)
    subject = models.UUIDField(null=True)
    category = models.CharField(max_length=10, choices=Category, default=Category.PERMANENT)
    payload = models.JSONField(default=dict)
    error = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=1)
    buried_at = models.DateTimeField(default=now)
    replayed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.origin}: {self.error[:60]}"
