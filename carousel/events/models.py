"""What happened, in order; what we heard; whom we tell; and what could not be done."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from carousel.events.schedule import Breaker
from carousel.events.sealing import seal, unseal
from carousel.events.signing import new_key
from carousel.rows import TenantRow

PUBLIC = (
    "CarouselImageProcessed",
    "product.listed",
    "product.updated",
    "product.sold",
    "product.delisted",
)
"""The kinds that leave the house. Everything else is our own log."""


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
            models.Index(fields=["position"], name="event_unsent", condition=Q(sent_at=None)),
            models.Index(fields=["tenant", "subject", "position"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.position}"


class Partner(TenantRow):
    """A system we exchange events with. Several keys may be valid while one is being replaced."""

    name = models.CharField(max_length=100)
    sealed_keys = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def keys(self) -> list[str]:
        return [unseal(key) for key in self.sealed_keys]

    def add_key(self) -> str:
        """A new key beside the old ones. Both are good until the old one is dropped."""
        key = new_key()
        self.sealed_keys = [*self.sealed_keys, seal(key)]
        self.save(update_fields=["sealed_keys"])
        return key

    def drop_key(self, key: str) -> None:
        self.sealed_keys = [sealed for sealed in self.sealed_keys if unseal(sealed) != key]
        self.save(update_fields=["sealed_keys"])


class Source(Partner):
    """Who may send us events."""


class Destination(Partner):
    """Who is told what happened: a webhook, or an EventBridge bus."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Signed webhook"
        EVENTBRIDGE = "eventbridge", "EventBridge bus"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.WEBHOOK)
    address = models.CharField(max_length=500, help_text="An https address, or the name of a bus.")
    kinds = ArrayField(
        models.CharField(max_length=60), default=list, blank=True,
        help_text="Event kinds it wants; empty for all.",
    )  # fmt: skip
    failures = models.PositiveIntegerField(default=0, editable=False)
    open_until = models.DateTimeField(null=True, editable=False)

    @property
    def breaker(self) -> Breaker:
        return Breaker(self.failures, self.open_until)

    @property
    def rests_until(self) -> datetime | None:
        """While it is left in peace after failing: when it is tried again."""
        return None if self.breaker.lets_through(now()) else self.open_until

    def keep_breaker(self, breaker: Breaker) -> None:
        if breaker != self.breaker:
            self.failures, self.open_until = breaker.failures, breaker.open_until
            self.save(update_fields=["failures", "open_until"])

    def wants(self, kind: str) -> bool:
        return kind in PUBLIC and (not self.kinds or kind in self.kinds)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        return self.filter(state=Delivery.State.WAITING)

    def due(self) -> Self:
        """What may be sent now: to a receiver that answers, and never before an older one."""
        older = Delivery.objects.waiting().filter(
            destination=models.OuterRef("destination"),
            subject=models.OuterRef("subject"),
            position__lt=models.OuterRef("position"),
        )
        rested = Q(destination__open_until=None) | Q(destination__open_until__lte=Now())
        return (
            self.waiting()
            .filter(rested, run_after__lte=Now(), destination__is_active=True)
            .exclude(models.Exists(older))
            .order_by("position")
        )


class Delivery(TenantRow):
    """One event on its way to one destination, and how each try went."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DEAD = "dead"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    destination = models.ForeignKey(Destination, models.CASCADE, related_name="deliveries")
    subject = models.UUIDField(null=True)
    position = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True, help_text="The last HTTP status.")
    answer = models.CharField(max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "destination"], name="one_delivery_each"),
        ]
        indexes = [
            models.Index(
                fields=["destination", "subject", "position"],
                name="delivery_waiting",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.destination}"


class InboxEventQuerySet(models.QuerySet["InboxEvent"]):
    def open(self) -> Self:
        return self.filter(state__in=[InboxEvent.State.WAITING, InboxEvent.State.PARKED])

    def parked(self, subject: UUID | None) -> Self:
        return self.filter(state=InboxEvent.State.PARKED, subject=subject)


class InboxEvent(TenantRow):
    """An event as a partner sent it, and what became of it. Its key makes it count once."""

    class State(models.TextChoices):
        APPLIED = "applied"
        UNCHANGED = "unchanged", "Nothing new"
        WAITING = "waiting", "Waiting to be tried again"
        PARKED = "parked", "Too early: waiting for the listing"
        DEAD = "dead"

    KEY_LIVES = timedelta(hours=24)

    key = models.CharField(max_length=400, null=True, unique=True, editable=False)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=60)
    source = models.CharField(max_length=200)
    subject = models.UUIDField(null=True)
    at = models.DateTimeField(help_text="When it happened, by the sender's clock.")
    data = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(default=now)
    applied_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    duplicates = models.PositiveIntegerField(default=0, help_text="How often it came again.")

    objects = InboxEventQuerySet.as_manager()

    class Meta:
        verbose_name = "received event"
        indexes = [
            models.Index(
                fields=["run_after"],
                name="inbox_open",
                condition=Q(state__in=["waiting", "parked"]),
            ),
            models.Index(fields=["tenant", "subject"], name="inbox_by_subject"),
            models.Index(fields=["created_at"], name="inbox_by_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Reconciliation(TenantRow):
    """A partner's export of what it sent, compared with what came."""

    name = models.CharField(max_length=200)
    is_applied = models.BooleanField(default=False, help_text="Or else only compared.")
    tally = models.JSONField(default=dict, help_text="What became of the lines -> how many.")
    missing = models.JSONField(default=list, help_text="The first lines that had not come.")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="reconciliation_newest")]

    def __str__(self) -> str:
        return f"{self.name}, {self.created_at:%Y-%m-%d %H:%M}"


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def open(self) -> Self:
        return self.filter(replayed_at=None)


class DeadLetter(TenantRow):
    """Work or an event that was given up, with everything needed to try it again."""

    class Category(models.TextChoices):
        RETRYABLE = "retryable"
        PERMANENT = "permanent"
        EXPIRED = "expired"

    origin = models.CharField(max_length=100)
    subject = models.UUIDField(null=True)
    category = models.CharField(max_length=10, choices=Category, default=Category.PERMANENT)
    cause = models.CharField(max_length=80, blank=True, help_text="What letters are grouped by.")
    payload = models.JSONField(default=dict)
    error = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=1)
    buried_at = models.DateTimeField(default=now)
    replayed_at = models.DateTimeField(null=True)

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "buried_at"], name="letter_open", condition=Q(replayed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin}: {self.error[:60]}"
