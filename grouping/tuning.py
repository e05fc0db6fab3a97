"""What a shop's decisions taught about its grouping: proposed weekly, applied or declined."""

from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.models import User
from carousel.rows import TenantRow
from carousel.tenants import settings as rules


class TuningQuerySet(models.QuerySet["Tuning"]):
    def of_model(self, model: str) -> Self:
        return self.filter(model=model)

    def in_force(self) -> Self:
        return self.filter(state=Tuning.State.APPLIED).order_by("-decided_at")


class Tuning(TenantRow):
    """Another scale for a model's scores and another floor, with what they would have changed.

    `figures` holds pairs, batches, before and after, each with precision, recall and f1 of pairs at
    the floor, measured on batches that were not fitted on where there are two or more.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPLIED = "applied"
        DECLINED = "declined"
        REPLACED = "replaced"

    model = models.CharField(max_length=100)
    slope = models.FloatField()
    intercept = models.FloatField()
    floor = models.FloatField()
    figures = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = TuningQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="tuning_state_is_known",
                condition=Q(state__in=["proposed", "applied", "declined", "replaced"]),
            ),
            models.CheckConstraint(name="tuning_keeps_the_order", condition=Q(slope__gt=0)),
            models.UniqueConstraint(
                fields=["tenant", "model"],
                condition=Q(state="proposed"),
                name="one_open_tuning_per_model",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}, {self.created_at:%Y-%m-%d}"

    @property
    def percents(self) -> dict[str, dict[str, str]]:
        """The figures of before and after as percent, for people."""
        return {
            side: {
                name: f"{100 * self.figures[side][name]:.1f}" for name in ("precision", "recall")
            }
            for side in ("before", "after")
        }

    @transaction.atomic
    def apply(self, user: User | None) -> None:
        """From now on this shop's groups are made by it; what is grouped already stays."""
        self._decide(self.State.APPLIED, user)
        now_ = self.tenant.options
        floor = min(round(self.floor, 2), now_.likely)
        rules.change(self.tenant, user, now_.model_dump(mode="json") | {"possibly": floor})

    def decline(self, user: User | None) -> None:
        """It is not proposed again until staff have decided much more."""
        self._decide(self.State.DECLINED, user)

    def _decide(self, state: str, user: User | None) -> None:
        waiting = Tuning.objects.filter(pk=self.pk, state=self.State.PROPOSED)
        if not waiting.update(state=state, decided_at=now(), decided_by=user):
            raise Refused("That proposal was decided already.")
        self.refresh_from_db()
