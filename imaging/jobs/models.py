"""Work in progress: a batch holds jobs, a job holds steps, a step runs once.

The rows are the queue. A message only says "look at step N".
"""

from datetime import timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.timezone import now

from carousel.models import User
from carousel.rows import TenantRow


class BatchQuerySet(models.QuerySet["Batch"]):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def touch(self, batch_id: UUID | None) -> None:
        """Tell every open page that something in this batch has changed."""
        if batch_id:
            self.filter(pk=batch_id).update(version=F("version") + 1, updated_at=Now())


class Batch(TenantRow):
    """What staff dropped at once: some hundred photos of some dozen items."""

    tenant = models.ForeignKey("carousel.Tenant", models.CASCADE, related_name="batches")
    name = models.CharField(max_length=120)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="batch_newest")]

    def __str__(self) -> str:
        return self.name


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> Self:
        return self.filter(state__in=[Job.State.PENDING, Job.State.PROCESSING])


class Job(TenantRow):
    """One subject (a photo, a batch, a product, a shelf) on its way through a pipeline."""

    class State(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        COMPLETED = "completed"
        FAILED = "failed"

    batch = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="jobs")
    kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    error = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True, help_text="Who asked, for the logs.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "kind", "state"], name="job_by_state"),
            models.Index(fields=["subject_id", "kind"], name="job_by_subject"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(state="pending"),
                name="one_pending_job_per_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class StepQuerySet(models.QuerySet["Step"]):
    def due(self) -> Self:
        waiting = Q(state=Step.State.WAITING, run_after__lte=Now())
        abandoned = Q(state=Step.State.RUNNING, lease_until__lt=Now())
        return self.filter(waiting | abandoned)

    def claim(self, step_id: UUID) -> "Step | None":
        """Take the step if nobody else has it. Safe to call twice: only one call wins.

        The attempt is counted here, so that a step which kills its worker is counted too.
        """
        won = (
            self.due()
            .filter(pk=step_id)
            .update(
                state=Step.State.RUNNING,
                attempts=F("attempts") + 1,
                started_at=Now(),
                waits_for="",
                lease_until=Now() + timedelta(seconds=settings.LEASE),
            )
        )
        return self.select_related("job", "job__batch", "tenant").get(pk=step_id) if won else None

    def held(self, step: "Step") -> Self:
        """The step, if our claim on it still stands."""
        return self.filter(pk=step.pk, state=Step.State.RUNNING, attempts=step.attempts)


class Step(TenantRow):
    """One arrow of a pipeline for one subject: who ran it, when, how long, with what result."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    job = models.ForeignKey(Job, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    waits_for = models.CharField(
        max_length=20, blank=True, help_text="What is away: the step waits, no attempt is counted."
    )
    model = models.CharField(max_length=100, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "kind"], name="one_step_of_a_kind_per_job"),
        ]
        indexes = [
            models.Index(
                fields=["run_after"],
                name="step_open",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.job_id}"
