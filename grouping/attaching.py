"""Pictures that a group lent to an item of before: added when attached, taken back by undo."""

from collections.abc import Mapping
from uuid import UUID

from carousel.models import Product, User
from carousel.products import drafting
from grouping.board import Card, Edit
from imaging.models import Photo

ATTACHED = "attached"
"""Where a card's reasons name the product that its photos were added to."""


def follow(edit: Edit, user: User | None) -> None:
    """Add or take back the pictures of the cards that the edit attached or let go."""
    for id_ in sorted(edit.groups):
        was, now = _lent(edit.before.get(id_)), _lent(edit.after.get(id_))
        for product in sorted({*was, *now}):
            gone, new = was.get(product, ()), now.get(product, ())
            if gone != new:
                _change(UUID(product), gone, new, user)


def _lent(card: Card | None) -> Mapping[str, tuple[UUID, ...]]:
    product = card.why.get(ATTACHED) if card else None
    return {product: card.photos} if card and product else {}


def _change(
    product: UUID, gone: tuple[UUID, ...], new: tuple[UUID, ...], user: User | None
) -> None:
    found = Product.objects.live().filter(pk=product).first()
    if found is None:
        return
    photos = Photo.objects.live().in_bulk(list(new))
    pictures = [drafting.Picture(photo, photos[photo].files) for photo in new if photo in photos]
    drafting.exchange(found, [p for p in gone if p not in new], pictures, user)
