"""Every question put to a model: which one, how long, what it cost, how it ended."""

from django.db import models

from carousel.rows import TenantRow


class ModelCall(TenantRow):
    """One try of one provider. A fallback is a second row with the next position."""

    class Outcome(models.TextChoices):
        OK = "ok"
        RETRY = "retry", "Failed for now"
        GAVE_UP = "gave_up", "Failed for good"

    capability = models.CharField(max_length=40)
    provider = models.CharField(max_length=60)
    model = models.CharField(max_length=100)
    version = models.CharField(max_length=60, blank=True)
    arm = models.CharField(max_length=40, blank=True, help_text="Which side of an A/B test.")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 is the first choice.")
    local = models.BooleanField(default=False)
    subject_id = models.UUIDField(null=True)
    request_id = models.CharField(
        max_length=64, blank=True, db_default="", help_text="Who asked, for the logs."
    )
    ms = models.PositiveIntegerField()
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost_micro_usd = models.PositiveBigIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["tenant", "created_at"], name="model_call_by_day"),
            models.Index(fields=["subject_id", "capability"], name="model_call_by_subject"),
        ]

    @property
    def dollars(self) -> str:
        return f"{self.cost_micro_usd / 1e6:.4f}"

    def __str__(self) -> str:
        return f"{self.capability} by {self.model}: {self.outcome}"
