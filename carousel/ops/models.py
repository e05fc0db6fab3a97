"""What operating leaves behind: schedules' last runs, alerts, samples, heartbeats."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils.timezone import now

from carousel.rows import Row


class Schedule(Row):
    """The last run of one entry of wiring.SCHEDULE."""

    name = models.CharField(max_length=60, unique=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    is_ok = models.BooleanField(default=True)
    note = models.TextField(blank=True)
    runs = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlertQuerySet(models.QuerySet["Alert"]):
    def firing(self) -> Self:
        return self.filter(resolved_at=None).order_by("severity", "created_at")


class Alert(Row):
    """Something is wrong until `resolved_at`. One firing row per kind and subject."""

    class Severity(models.IntegerChoices):
        P1 = 1
        P2 = 2
        P3 = 3
        P4 = 4

    DUE = {
        Severity.P1: timedelta(minutes=15),
        Severity.P2: timedelta(hours=1),
        Severity.P3: timedelta(hours=4),
        Severity.P4: timedelta(days=1),
    }

    kind = models.CharField(max_length=60)
    subject = models.CharField(
        max_length=255, blank=True, help_text="Which tenant, queue, file, or receiver of a tenant."
    )
    severity = models.PositiveSmallIntegerField(choices=Severity)
    detail = models.TextField()
    due_at = models.DateTimeField()
    seen_at = models.DateTimeField(default=now)
    times = models.PositiveIntegerField(default=1)
    told_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(resolved_at=None),
                name="one_firing_alert_per_subject",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="alert_newest")]

    def __str__(self) -> str:
        return f"P{self.severity} {self.kind} {self.subject}".strip()


class Sample(Row):
    """One reading of something that is drawn over time, such as bytes stored."""

    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["name", "created_at"], name="sample_over_time")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class Heartbeat(Row):
    """A worker process said that it lives."""

    worker = models.CharField(max_length=120, unique=True)
    queues = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="The queues it takes work from.",
    )
    seen_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.worker
