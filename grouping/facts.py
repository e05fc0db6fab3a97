"""What grouping is told of a batch: its free photos, consignors' cards, what staff have said."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import numpy as np

from grouping import comparing
from grouping.clustering import PhotoFacts
from grouping.models import Group, GroupPhoto, Link
from imaging.models import Batch, Photo

Links = tuple[list[tuple[str, str]], list[tuple[str, str]]]


def of_batch(batch: Batch, photos: Sequence[Photo], model: str) -> list[PhotoFacts]:
    """The photos that nobody has decided about, and every card, whether it lies aside or not."""
    grouped, aside = decided(batch)
    free = [p for p in photos if p.pk not in grouped and (p.tag or p.pk not in aside)]
    vectors = comparing.vectors([photo.pk for photo in free], model)
    return [_facts(photo, vectors, model) for photo in free if photo.tag or photo.pk in vectors]


def decided(batch: Batch) -> tuple[set[UUID], set[UUID]]:
    """Photos in groups that a person has decided something about; photos that lie aside."""
    by_hand = Group.objects.filter(batch=batch).by_hand()
    places = GroupPhoto.objects.filter(photo__batch=batch)
    grouped = places.filter(group__in=by_hand).values_list("photo", flat=True)
    return set(grouped), set(places.filter(group=None).values_list("photo", flat=True))


def links(batch: Batch) -> Links:
    """Pairs that a person joined and pairs that a person parted; the latest word counts."""
    standing = Link.objects.standing().filter(a__batch=batch, b__batch=batch)
    verdicts = {(a, b): verdict for a, b, verdict in standing.values_list("a", "b", "verdict")}
    must = [(str(a), str(b)) for (a, b), said in verdicts.items() if said == Link.Verdict.MUST]
    cannot = [(str(a), str(b)) for (a, b), said in verdicts.items() if said != Link.Verdict.MUST]
    return must, cannot


def still_there(batch: Batch) -> frozenset[UUID]:
    return frozenset(batch.photos.live().values_list("pk", flat=True))


def cards(photos: Collection[Photo]) -> dict[UUID, Mapping[str, str]]:
    return {photo.pk: photo.tag for photo in photos if photo.tag}


def _facts(photo: Photo, vectors: Mapping[UUID, object], model: str) -> PhotoFacts:
    return PhotoFacts(
        id=str(photo.pk),
        vector=np.asarray(vectors.get(photo.pk, ()), np.float32),
        model=model,
        index=photo.index,
        sequence=photo.filename,
        taken_at=photo.taken_at,
        is_tag=bool(photo.tag),
        consignor=photo.tag.get("consignor") or None,
    )
