"""What staff said when a group looked like an item that the shop has had before."""

from typing import Self

from django.db import models
from django.db.models import Q

from carousel.models import Product, User
from carousel.rows import TenantRow
from imaging.models import Photo


class EncounterQuerySet(models.QuerySet["Encounter"]):
    def standing(self) -> Self:
        """Words that hold: said without an edit, or by an edit that was not taken back."""
        return self.filter(Q(edit=None) | Q(edit__state="live"))


class Encounter(TenantRow):
    """A photo and a product that were compared by a person: it is that item again, or it is not."""

    class Verdict(models.TextChoices):
        ATTACH = "attach", "The same item: its photos were added"
        RELIST = "relist", "The same item: listed again"
        APART = "apart", "Another item"

    photo = models.ForeignKey(Photo, models.CASCADE, related_name="encounters")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    edit = models.ForeignKey(
        "grouping.Edit",
        models.CASCADE,
        null=True,
        related_name="encounters",
        help_text="Taking this edit back takes the word back.",
    )

    objects = EncounterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["photo", "product"], name="one_word_per_encounter"),
            models.CheckConstraint(
                name="encounter_verdict_is_known",
                condition=Q(verdict__in=["attach", "relist", "apart"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.photo_id} {self.verdict} {self.product_id}"
