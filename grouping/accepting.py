"""What hangs on accepting a group: its product draft, and the listing job that describes it."""

import logging
from collections.abc import Iterator, Mapping
from uuid import UUID

from carousel.models import Product, User
from carousel.products import drafting
from grouping.board import ACCEPTED, Card, Edit
from grouping.models import Group
from imaging.jobs import pipeline
from imaging.models import Batch, Photo

log = logging.getLogger(__name__)


def let_go(edit: Edit, rows: Mapping[UUID, Group], user: User | None, *, may_delist: bool) -> None:
    """Hide the drafts of groups that are no longer accepted.

    Taking back an acceptance may take a listed item off sale (a compensating event); any other edit
    of a listed item's group is refused by the product.
    """
    for card in edit.before.values():
        if card.state == ACCEPTED and not _is_accepted(edit.after.get(card.id)):
            row = rows[card.id]
            product = Product.objects.filter(pk=row.product).first() if row.product else None
            if product:
                _withdraw(product, user, may_delist=may_delist)


def take_up(batch: Batch, edit: Edit, user: User | None) -> None:
    """Draft a product for each group that is accepted now, and start describing and pricing it."""
    wanted = list(_to_draft(edit))
    photos = _photos_of(wanted)
    for card in wanted:
        is_new = not _is_accepted(edit.before.get(card.id))
        product = _drafted(batch, card, photos, user)
        Group.objects.filter(pk=card.id).update(product=product.pk)
        if is_new:
            log.info("group %s accepted", card.id)
            log.info("product %s drafted from %s photos", product.pk, len(card.photos))
            job = pipeline.start(batch.tenant, "listing", product.pk, batch)
            log.info("listing %s started for product %s", job.pk, product.pk)


def _to_draft(edit: Edit) -> Iterator[Card]:
    return (card for card in edit.after.values() if card.state == ACCEPTED)


def _is_accepted(card: Card | None) -> bool:
    return card is not None and card.state == ACCEPTED


def _withdraw(product: Product, user: User | None, *, may_delist: bool) -> None:
    if may_delist and product.state in (Product.State.LISTED, Product.State.UPDATED):
        product.become(Product.State.DELISTED)
    elif product.state != Product.State.DELISTED:
        drafting.undraft(product, user)


def _drafted(batch: Batch, card: Card, photos: Mapping[UUID, Photo], user: User | None) -> Product:
    pictures = [_picture(photos[photo], card) for photo in card.photos if photo in photos]
    known = Product.objects.filter(tenant=batch.tenant, group_id=card.id).first()
    if known and known.state != Product.State.DRAFT:
        drafting.show(known, pictures)
        return known
    return drafting.draft(
        batch.tenant, user, card.name, pictures, batch.pk, card.id, named_by_staff=card.named
    )


def _picture(photo: Photo, card: Card) -> drafting.Picture:
    return drafting.Picture(photo_id=photo.pk, files=photo.files, is_primary=photo.pk == card.cover)


def _photos_of(cards: list[Card]) -> dict[UUID, Photo]:
    return Photo.objects.in_bulk([photo for card in cards for photo in card.photos])
