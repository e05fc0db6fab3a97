"""Which photos are one item: the groups of a batch, and every edit that made them what they are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import F, Q
from django.utils.timezone import now

from carousel.models import User
from carousel.rows import TenantRow
from grouping import board
from grouping.encounter import Encounter
from grouping.presence import Presence
from grouping.tuning import Tuning
from imaging.models import Batch, Photo

__all__ = [
    "Edit",
    "Encounter",
    "Group",
    "GroupPhoto",
    "GroupQuerySet",
    "Link",
    "Presence",
    "Review",
    "Tuning",
]

BY_THE_MACHINE = "group"
"""The kind of edit that nobody asked for; only the list of edits offers to undo it."""


class ReviewManager(models.Manager["Review"]):
    def advance(self, batch: Batch) -> int:
        """Lock the batch's review until the transaction ends; its next version. Made if need be."""
        sql = """
            UPDATE grouping_review SET version = version + 1, changed_at = statement_timestamp()
            WHERE batch_id = %s RETURNING version
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, [batch.pk])
            found = cursor.fetchone()
        if found is None:
            self.get_or_create(batch=batch, defaults={"tenant_id": batch.tenant_id})
            return self.advance(batch)
        return int(found[0])


class Review(TenantRow):
    """The reviewing of one batch. Its row is what every edit of the batch locks first.

    `version` rises with each change; a group carries the version that last touched it.
    """

    batch = models.OneToOneField(Batch, models.CASCADE, related_name="review")
    version = models.PositiveIntegerField(default=0, editable=False)
    strictness = models.FloatField(default=0.5, help_text="0 joins freely, 1 only the surest.")
    use_order = models.BooleanField(default=True, help_text="Let the shooting order count.")
    model = models.CharField(max_length=100, blank=True, help_text="Whose vectors were compared.")
    matches = models.JSONField(
        default=list, blank=True, help_text="[photo, photo, score], best first"
    )
    seen = models.JSONField(
        default=list, blank=True, help_text="[photo, product had before, score], best first"
    )
    grouped_at = models.DateTimeField(null=True, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)

    objects = ReviewManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="strictness_in_range", condition=Q(strictness__gte=0, strictness__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.batch_id}"


class GroupQuerySet(models.QuerySet["Group"]):
    def in_order(self) -> Self:
        return self.order_by("position", "id")

    def open(self) -> Self:
        return self.filter(state=Group.State.OPEN)

    def accepted(self) -> Self:
        return self.filter(state=Group.State.ACCEPTED)

    def sure(self) -> Self:
        """Open groups that need no second look: in the highest band, or put together by hand."""
        return self.open().filter(Q(band="same") | Q(touched=True))

    def to_check(self) -> Self:
        return self.open().exclude(Q(band="same") | Q(touched=True))

    def rejected(self) -> Self:
        return self.filter(state=Group.State.REJECTED)

    def singles(self) -> Self:
        return self.filter(band=board.SINGLE)

    def matching(self, words: str) -> Self:
        return self.filter(Q(name__icontains=words) | Q(consignor__icontains=words))

    def by_hand(self) -> Self:
        """Groups that the machine leaves alone: a person has decided something about them."""
        decided = Q(touched=True) | Q(named=True) | Q(cover__isnull=False)
        return self.filter(decided | ~Q(state=Group.State.OPEN))


class Group(TenantRow):
    """Photos of one item, as proposed or as a person put them together."""

    class Kind(models.TextChoices):
        AUTO = board.AUTO
        MANUAL = board.MANUAL
        MERGED = board.MERGED

    class State(models.TextChoices):
        OPEN = board.OPEN
        ACCEPTED = board.ACCEPTED
        REJECTED = board.REJECTED

    class Band(models.TextChoices):
        SAME = board.SAME
        LIKELY = board.LIKELY
        POSSIBLY = board.POSSIBLY
        SINGLE = board.SINGLE

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.AUTO)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    confidence = models.FloatField(default=1.0)
    weakest = models.FloatField(null=True, help_text="Similarity of the least alike pair.")
    band = models.CharField(max_length=10, choices=Band, default=Band.SINGLE)
    cover = models.ForeignKey(Photo, models.SET_NULL, null=True, related_name="+")
    position = models.FloatField(default=0)
    consignor = models.CharField(max_length=120, blank=True)
    named = models.BooleanField(default=False, help_text="A person chose the name.")
    touched = models.BooleanField(default=False, help_text="A person chose the photos.")
    why = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)
    product = models.UUIDField(null=True, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["batch", "state", "position"], name="group_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="group_of_tenant"),
            models.CheckConstraint(name="group_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="group_confidence_in_range", condition=Q(confidence__gte=0, confidence__lte=1)
            ),
            models.CheckConstraint(
                name="group_kind_is_known", condition=Q(kind__in=["auto", "manual", "merged"])
            ),
            models.CheckConstraint(
                name="group_state_is_known", condition=Q(state__in=["open", "accepted", "rejected"])
            ),
            models.CheckConstraint(
                name="group_band_is_known",
                condition=Q(band__in=["same", "likely", "possibly", "single"]),
            ),
            models.CheckConstraint(
                name="only_an_accepted_group_has_a_product",
                condition=Q(product=None) | Q(state="accepted"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupPhoto(TenantRow):
    """Where a photo lies: at a place in its group, or aside, in the tray, when it has none."""

    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="members")
    photo = models.OneToOneField(Photo, models.CASCADE, related_name="place")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.photo_id} in {self.group_id}"


class EditQuerySet(models.QuerySet["Edit"]):
    def live(self) -> Self:
        return self.filter(state=Edit.State.LIVE)

    def undone(self) -> Self:
        return self.filter(state=Edit.State.UNDONE)

    def last_of(self, user: User | None) -> "Edit | None":
        """What this person's undo takes back, or that of a program with a key."""
        own = self.live().filter(user=user).exclude(kind=BY_THE_MACHINE)
        return own.order_by("-seq").first()

    def next_of(self, user: User | None) -> "Edit | None":
        """What this person's redo makes again: the last thing undone, unless they went on since."""
        row = self.undone().filter(changed_by=user).order_by("-version").first()
        went_on = row and self.live().filter(user=user, seq__gt=row.version).exists()
        return None if went_on else row

    def touching(self, groups: Iterable[UUID]) -> Self:
        return self.filter(groups__overlap=list(groups))


class Edit(TenantRow):
    """One edit of a batch, by a person or by the machine (no user), as the two sides of it."""

    class State(models.TextChoices):
        LIVE = "live"
        UNDONE = "undone"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="edits")
    seq = models.PositiveIntegerField()
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    label = models.CharField(max_length=200)
    before = models.JSONField()
    after = models.JSONField()
    groups = ArrayField(models.UUIDField(), help_text="Every group on either side.")
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    changed_at = models.DateTimeField(default=now, help_text="When it was made, undone or redone.")
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(help_text="The review's version after the last change.")
    checkpoint = models.CharField(max_length=80, blank=True, help_text="A name to return to.")
    key = models.CharField(max_length=64, blank=True, help_text="The form's token: once is enough.")

    objects = EditQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["batch", "state", "-seq"], name="edit_by_state"),
            models.Index(fields=["batch", "version"], name="edit_by_version"),
            GinIndex(fields=["groups"], name="edit_by_group"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="edit_of_tenant"),
            models.UniqueConstraint(fields=["batch", "seq"], name="edit_seq_once_per_batch"),
            models.UniqueConstraint(
                fields=["batch", "key"], condition=~Q(key=""), name="edit_key_once_per_batch"
            ),
            models.CheckConstraint(
                name="edit_state_is_known", condition=Q(state__in=["live", "undone"])
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def change(self) -> board.Edit:
        return board.edit_from_json(self.before, self.after)

    @property
    def by(self) -> str:
        return str(self.user) if self.user else "the program"

    @property
    def when(self) -> datetime:
        return self.changed_at


class LinkQuerySet(models.QuerySet["Link"]):
    def standing(self) -> Self:
        """Decisions of edits not taken back, the newest, which is the one that counts, last."""
        return self.filter(edit__state=Edit.State.LIVE).order_by("edit__seq")


class Link(TenantRow):
    """Two photos that a person said are one item (must), or are not (cannot)."""

    class Verdict(models.TextChoices):
        MUST = "must"
        CANNOT = "cannot"

    edit = models.ForeignKey(Edit, models.CASCADE, related_name="links")
    a = models.ForeignKey(Photo, models.CASCADE, related_name="+")
    b = models.ForeignKey(Photo, models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict)

    objects = LinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edit", "a", "b"], name="one_verdict_per_edit_and_pair"
            ),
            models.CheckConstraint(name="link_is_ordered", condition=Q(a__lt=F("b"))),
            models.CheckConstraint(
                name="link_verdict_is_known", condition=Q(verdict__in=["must", "cannot"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} {self.verdict} {self.b_id}"
