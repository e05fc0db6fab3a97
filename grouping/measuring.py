"""How alike the photos of an edited group are: its weakest pair, measured where the vectors lie."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from django.db import connection

from grouping import learning
from grouping.board import Card, Edit
from imaging.models import Batch

WEAKEST = """
    SELECT held.card, min(1 - (one.vector <=> other.vector))
    FROM unnest(%s::uuid[], %s::uuid[]) AS held (card, photo)
    JOIN unnest(%s::uuid[], %s::uuid[]) AS again (card, photo)
      ON again.card = held.card AND again.photo > held.photo
    JOIN imaging_embedding one ON one.photo_id = held.photo AND one.model = %s
    JOIN imaging_embedding other ON other.photo_id = again.photo AND other.model = one.model
    GROUP BY held.card
"""


def measured(edit: Edit, batch: Batch) -> Edit:
    """The edit with the true weakest pair of each group whose photos it changed."""
    changed = [card for card in edit.after.values() if _has_other_photos(edit, card)]
    if not changed:
        return edit
    weakest = _weakest([card for card in changed if len(card.photos) > 1], batch)
    fresh = {card.id: replace(card, weakest=weakest.get(card.id)) for card in changed}
    return replace(edit, after={**edit.after, **fresh})


def _has_other_photos(edit: Edit, card: Card) -> bool:
    """A proposal brings its own measure; only what a person put together is measured here."""
    before = edit.before.get(card.id)
    return card.touched and (before is None or set(before.photos) != set(card.photos))


def _weakest(cards: Collection[Card], batch: Batch) -> dict[UUID, float]:
    if not cards:
        return {}
    groups = [card.id for card in cards for _ in card.photos]
    photos = [photo for card in cards for photo in card.photos]
    model, calibration = learning.in_review(batch)
    with connection.cursor() as cursor:
        cursor.execute(WEAKEST, [groups, photos, groups, photos, model])
        found = dict(cursor.fetchall())
    return {card: float(calibration.score([cosine])[0]) for card, cosine in found.items()}
