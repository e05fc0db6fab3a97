"""What the review page shows: groups with their photos, the tray, the numbers in the toolbar."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Subquery
from django.db.models.functions import Abs, Coalesce

from carousel.models import User
from grouping.board import Card
from grouping.models import Edit, Group, GroupPhoto, GroupQuerySet, Review
from imaging.models import Batch, Photo
from imaging.uploads.models import PhotoQuerySet

CHUNK = 36
"""Groups at once: 36 of them are 15 kB, compressed, and the ids of a photo do not compress."""
TRAY = 400
"""The most photos of the tray that one page shows."""
CHANGES = 30
"""The most changes of each sort that a preview shows."""

FILTERS = {
    "all": "All",
    "check": "To check",
    "sure": "Sure",
    "accepted": "Accepted",
    "singles": "Singles",
    "rejected": "Rejected",
    "unsorted": "Unsorted",
}
BANDS = {
    "same": ("Sure", "ok"),
    "likely": ("Likely", "warn"),
    "possibly": ("Look", "err"),
    "single": ("Single", ""),
}
KINDS = {"auto": "", "manual": "By hand", "merged": "Merged"}


@dataclass(frozen=True)
class Shown:
    """A group as its card shows it."""

    group: Group
    photos: Sequence[Photo]

    @property
    def cover(self) -> Photo:
        chosen = (photo for photo in self.photos if photo.pk == self.group.cover_id)
        return next(chosen, self.photos[0])

    @property
    def word(self) -> str:
        return KINDS[self.group.kind] or BANDS[self.group.band][0]

    @property
    def tone(self) -> str:
        return "ok" if self.group.touched else BANDS[self.group.band][1]

    @property
    def percent(self) -> int | None:
        return None if len(self.photos) == 1 else _percent(self.group.confidence)

    @property
    def weakest_percent(self) -> int | None:
        weakest = self.group.weakest
        return None if weakest is None or len(self.photos) < 2 else _percent(weakest)

    @property
    def loose(self) -> bool:
        """A pair in it is far less alike than the group as a whole: it may be a chain."""
        weakest = self.group.weakest
        return weakest is not None and not self.group.touched and weakest < 0.75


@dataclass(frozen=True)
class Bar:
    """The numbers and names in the toolbar."""

    total: int
    check: int
    sure: int
    accepted: int
    rejected: int
    singles: int
    unsorted: int
    undo: Edit | None
    redo: Edit | None
    version: int
    saved_at: datetime | None
    matches: int
    seen: int

    def count(self, name: str) -> int:
        return int(getattr(self, {"all": "total"}.get(name, name)))

    @property
    def chips(self) -> list[tuple[str, str, int]]:
        shown = [(name, label, self.count(name)) for name, label in FILTERS.items()]
        return [chip for chip in shown if chip[2] or chip[0] in ("all", "check", "accepted")]


def filtered(batch: Batch, name: str, words: str = "") -> GroupQuerySet:
    """The groups that a filter of the page shows, in order."""
    groups = Group.objects.filter(batch=batch)
    chosen = {
        "check": groups.to_check,
        "sure": groups.sure,
        "accepted": groups.accepted,
        "singles": groups.singles,
        "rejected": groups.rejected,
        "unsorted": groups.none,
    }.get(name)
    groups = chosen() if chosen else groups
    return (groups.matching(words) if words else groups).in_order()


def nearest(groups: GroupQuerySet, position: float | None) -> GroupQuerySet:
    """Those closest to a place on the page first."""
    if position is None:
        return groups
    return groups.annotate(distance=Abs(F("position") - position)).order_by("distance", "id")


def chunk(groups: GroupQuerySet, after: str = "") -> tuple[list[Shown], str]:
    """The next groups after the place that `after` names, and the place to go on from, or ""."""
    if after:
        position, _, id_ = after.partition("/")
        later = Q(position__gt=float(position)) | Q(position=float(position), id__gt=UUID(id_))
        groups = groups.filter(later)
    rows = list(groups[: CHUNK + 1])
    rest = f"{rows[CHUNK - 1].position}/{rows[CHUNK - 1].pk}" if len(rows) > CHUNK else ""
    return shown(rows[:CHUNK]), rest


def shown(rows: Collection[Group]) -> list[Shown]:
    """The rows with their photos; rows without a photo that is not deleted are left out."""
    photos: dict[UUID, list[Photo]] = defaultdict(list)
    members = GroupPhoto.objects.filter(group__in=[row.pk for row in rows], photo__deleted_at=None)
    for member in members.select_related("photo").order_by("position", "id"):
        if member.group_id:
            photos[member.group_id].append(member.photo)
    return [Shown(row, photos[row.pk]) for row in rows if photos[row.pk]]


def tray(batch: Batch) -> list[Photo]:
    """The photos that lie in no group: laid aside, or not grouped yet."""
    return list(_unsorted(batch).in_shooting_order()[:TRAY])


def previewed(joined: Sequence[Sequence[UUID]], parted: Sequence[Card]) -> dict[str, list[Any]]:
    """The photos of the first changes that a regrouping would make."""
    together, apart = joined[:CHANGES], [card.photos for card in parted[:CHANGES]]
    photos = Photo.objects.in_bulk([id_ for ids in [*together, *apart] for id_ in ids])
    return {
        "joined": [[photos[id_] for id_ in ids if id_ in photos] for ids in together],
        "parted": [[photos[id_] for id_ in ids if id_ in photos] for ids in apart],
    }


def bar(batch: Batch, user: User, made: Edit | None = None) -> Bar:
    """`made`: the edit that this person made just now, which is what undo takes back."""
    check, sure = ~Q(band="same") & Q(touched=False), Q(band="same") | Q(touched=True)
    counts = Group.objects.filter(batch=batch).aggregate(
        total=Count("pk"),
        check=Count("pk", filter=Q(state="open") & check),
        sure=Count("pk", filter=Q(state="open") & sure),
        accepted=Count("pk", filter=Q(state="accepted")),
        rejected=Count("pk", filter=Q(state="rejected")),
        singles=Count("pk", filter=Q(band="single")),
    )
    review = _review(batch)
    return Bar(
        **counts,
        unsorted=getattr(review, "unsorted", 0),
        undo=made or batch.edits.last_of(user),
        redo=None if made else batch.edits.next_of(user),
        version=review.version,
        saved_at=review.changed_at,
        matches=len(review.matches),
        seen=len(review.seen),
    )


def _review(batch: Batch) -> Review:
    """The review with the number of photos in the tray, in one query."""
    unsorted = _unsorted(batch).order_by().values("batch").annotate(number=Count("pk"))
    number = Coalesce(Subquery(unsorted.values("number")), 0)
    found = Review.objects.filter(batch=batch).annotate(unsorted=number).first()
    return found or Review(batch=batch)


def _unsorted(batch: Batch) -> PhotoQuerySet:
    return Photo.objects.filter(batch=batch, place__group=None).usable()


def _percent(share: float) -> int:
    """Rounded down, so that 100 % is only said of what is certain."""
    return int(share * 100)
