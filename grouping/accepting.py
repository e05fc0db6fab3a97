"""What hangs on accepting a group: its product draft, and the listing job that describes it."""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Q

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
    ids = [
        rows[card.id].product
        for card in edit.before.values()
        if card.state == ACCEPTED and not _is_accepted(edit.after.get(card.id))
    ]
    if not ids:
        return
    products = _locked(Q(pk__in=[id_ for id_ in ids if id_]))
    off_sale = _taken_off_sale(products) if may_delist else []
    drafting.undraft_all([product for product in products if product not in off_sale], user)


def take_up(batch: Batch, edit: Edit, user: User | None) -> None:
    """Draft a product for each group that is accepted now, and start describing and pricing it."""
    cards = [card for card in edit.after.values() if card.state == ACCEPTED]
    if not cards:
        return
    photos = Photo.objects.in_bulk([photo for card in cards for photo in card.photos])
    wanted = [_wanted(card, photos) for card in cards]
    known = {product.group_id: product for product in _locked(_of_groups(batch, cards))}
    products = drafting.draft_new(
        batch.tenant, user, [each for each in wanted if each.group_id not in known], batch.pk
    )
    products += [
        _again(batch, known[each.group_id], each, user) for each in wanted if each.group_id in known
    ]
    _bind(products)
    _start(
        batch, products, {card.id for card in cards if not _is_accepted(edit.before.get(card.id))}
    )


def _is_accepted(card: Card | None) -> bool:
    return card is not None and card.state == ACCEPTED


def _locked(which: Q) -> list[Product]:
    """Every product before the first event: a worker locks in that order too."""
    return list(Product.objects.filter(which).order_by("pk").select_for_update())


def _of_groups(batch: Batch, cards: Sequence[Card]) -> Q:
    return Q(tenant=batch.tenant, group_id__in=[card.id for card in cards])


def _taken_off_sale(products: Sequence[Product]) -> list[Product]:
    """The products that are off sale now, those that were on sale taken off it."""
    on_sale = (Product.State.LISTED, Product.State.UPDATED)
    for product in products:
        if product.state in on_sale:
            product.become(Product.State.DELISTED)
    return [product for product in products if product.state == Product.State.DELISTED]


def _wanted(card: Card, photos: Mapping[UUID, Photo]) -> drafting.Wanted:
    pictures = [
        drafting.Picture(photo_id=photo, files=photos[photo].files, is_primary=photo == card.cover)
        for photo in card.photos
        if photo in photos
    ]
    return drafting.Wanted(card.id, card.name, pictures, named_by_staff=card.named)


def _again(batch: Batch, product: Product, wanted: drafting.Wanted, user: User | None) -> Product:
    """The product that the group had before, with the pictures of now."""
    if product.state != Product.State.DRAFT:
        drafting.show(product, wanted.pictures)
        return product
    return drafting.draft(
        batch.tenant,
        user,
        wanted.name,
        wanted.pictures,
        batch.pk,
        wanted.group_id,
        named_by_staff=wanted.named_by_staff,
    )


def _bind(products: Sequence[Product]) -> None:
    groups = [Group(pk=product.group_id, product=product.pk) for product in products]
    Group.objects.bulk_update(groups, ["product"])


def _start(batch: Batch, products: Sequence[Product], accepted: set[UUID]) -> None:
    """Three lines in the log for each acceptance, and its listing job."""
    fresh = [product for product in products if product.group_id in accepted]
    pipeline.start_all(batch.tenant, "listing", [product.pk for product in fresh], batch)
    for product in fresh:
        log.info("group %s accepted", product.group_id)
        log.info("product %s drafted", product.pk)
        log.info("listing of product %s started", product.pk)
