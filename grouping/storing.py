"""Between rows and values: read a batch's groups as a board, write an edit's difference back.

Call inside a transaction that holds the lock of the batch's review (history.py does).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from carousel.errors import Refused
from grouping.board import ACCEPTED, Board, Card, Edit
from grouping.models import Group, GroupPhoto
from imaging.models import Batch, Photo

WRITTEN = [
    "name", "kind", "state", "confidence", "weakest", "band", "cover", "position", "consignor",
    "named", "touched", "why", "version", "product",
]  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """A board and the rows it was read from, locked."""

    board: Board
    rows: Mapping[UUID, Group]


def load(batch: Batch, groups: Collection[UUID], photos: Collection[UUID]) -> Loaded:
    """The named groups, and those in which the named photos lie, locked in the order of their ids.

    Refused when one of the photos is not in this batch, or deleted.
    """
    live = Photo.objects.filter(batch=batch, id__in=set(photos), deleted_at=None)
    places = list(live.values_list("id", "place__group", "place__id")) if photos else []
    if len(places) < len(set(photos)):
        raise Refused("Some of these photos are not in this batch any more.")
    holders = {group for _, group, _ in places if group}
    aside = frozenset(photo for photo, group, place in places if place and not group)
    rows = Group.objects.filter(batch=batch, id__in={*groups, *holders})
    return _loaded(rows, aside)


def load_all(batch: Batch) -> Loaded:
    aside = GroupPhoto.objects.filter(photo__batch=batch, photo__deleted_at=None, group=None)
    photos = frozenset(aside.values_list("photo", flat=True))
    return _loaded(Group.objects.filter(batch=batch), photos)


def cards_of(rows: Collection[Group]) -> dict[UUID, Card]:
    """The rows as cards, without deleted photos, and without groups that have no other."""
    lying: dict[UUID, list[UUID]] = defaultdict(list)
    members = GroupPhoto.objects.filter(group__in=[row.id for row in rows], photo__deleted_at=None)
    for group, photo in members.order_by("position", "id").values_list("group_id", "photo"):
        lying[group].append(photo)
    return {row.id: card_of(row, lying[row.id]) for row in rows if lying[row.id]}


def card_of(row: Group, photos: Collection[UUID]) -> Card:
    return Card(
        id=row.id,
        name=row.name,
        photos=tuple(photos),
        kind=row.kind,
        state=row.state,
        confidence=row.confidence,
        weakest=row.weakest,
        band=row.band,
        cover=row.cover_id,
        position=row.position,
        consignor=row.consignor,
        named=row.named,
        touched=row.touched,
        why=row.why,
    )


def followers(batch: Batch, cards: Collection[Card]) -> dict[UUID, float]:
    """For each card, the position of the next group on the page."""
    if not cards:
        return {}
    bounds = {
        f"after_{n}": Min("position", filter=Q(position__gt=card.position))
        for n, card in enumerate(cards)
    }
    found = Group.objects.filter(batch=batch).aggregate(**bounds)
    following = {card.id: found[f"after_{n}"] for n, card in enumerate(cards)}
    return {id_: position for id_, position in following.items() if position is not None}


def live_photos(batch: Batch, photos: Collection[UUID]) -> frozenset[UUID]:
    """Those of the photos that are in this batch and not deleted."""
    live = Photo.objects.filter(batch=batch, id__in=list(photos), deleted_at=None)
    return frozenset(live.values_list("id", flat=True))


def write(batch: Batch, edit: Edit, version: int, rows: Mapping[UUID, Group]) -> None:
    """Make the rows say what the edit's after-side says. Every touched group gets `version`."""
    Group.objects.bulk_create(
        [_row(batch, card, version, rows.get(card.id)) for card in edit.after.values()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=WRITTEN,
    )
    places = [
        GroupPhoto(tenant_id=batch.tenant_id, group_id=card.id, photo_id=photo, position=n)
        for card in edit.after.values()
        for n, photo in enumerate(card.photos)
    ] + [GroupPhoto(tenant_id=batch.tenant_id, photo_id=photo) for photo in edit.aside_after]
    GroupPhoto.objects.bulk_create(
        places,
        update_conflicts=True,
        unique_fields=["photo"],
        update_fields=["group", "position"],
    )
    waiting = edit.photos - {place.photo_id for place in places}
    if waiting:
        GroupPhoto.objects.filter(photo__in=waiting).delete()
    if edit.gone:
        # The database takes the places of deleted photos with it.
        gone = Group.objects.filter(id__in=edit.gone)
        gone._raw_delete(gone.db)


def _loaded(groups: QuerySet[Group], aside: frozenset[UUID]) -> Loaded:
    rows = list(groups.order_by("id").select_for_update(of=("self",)))
    return Loaded(Board(cards=cards_of(rows), aside=aside), {row.id: row for row in rows})


def _row(batch: Batch, card: Card, version: int, old: Group | None) -> Group:
    return Group(
        id=card.id,
        tenant_id=batch.tenant_id,
        batch=batch,
        name=card.name,
        kind=card.kind,
        state=card.state,
        confidence=card.confidence,
        weakest=card.weakest,
        band=card.band,
        cover_id=card.cover,
        position=card.position,
        consignor=card.consignor,
        named=card.named,
        touched=card.touched,
        why=dict(card.why),
        version=version,
        product=old.product if old and card.state == ACCEPTED else None,
    )
