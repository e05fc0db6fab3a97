"""A group that is an item of before: attach it, list that item again, or keep the two apart.

Each is one edit of the batch's history, so undo takes it back, with what it did to the product.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from carousel.errors import Refused
from carousel.models import Product, User
from carousel.products import relisting
from grouping import edits, history, seeing
from grouping.attaching import ATTACHED
from grouping.board import REJECTED, Board
from grouping.history import Asked, Scope
from grouping.models import Edit, Encounter, Group


@transaction.atomic
def attach(
    group: Group, product: Product, user: User | None, versions: Mapping[UUID, int]
) -> Edit | None:
    """Add the group's photos to an item that is not sold yet. The group is no item of its own."""
    if product.state not in seeing.NOT_SOLD:
        raise Refused(f"{product} is {product.state}: list it again, or keep the two apart.")
    label = f"{group} belongs to {product}"[:200]
    asked = Asked(kind="attach", label=label, user=user, versions=versions)
    change = partial(_attached, group=group.pk, product=product.pk)
    row = history.perform(group.batch, asked, Scope(groups=[group.pk]), change)
    seeing.told(group, product, Encounter.Verdict.ATTACH, user, row)
    return row


@transaction.atomic
def relist(
    group: Group, product: Product, user: User | None, versions: Mapping[UUID, int]
) -> Edit | None:
    """List a sold or returned item again, with the new photos: a draft that knows the old one."""
    known = Product.objects.filter(tenant=product.tenant, group_id=group.pk).first()
    if known and (known.relisted_from_id != product.pk or not known.deleted_at):
        raise Refused(f"{group} is an item already, {known}: it cannot become another.")
    if known is None:  # Else it was listed again and that was taken back: accepting brings it.
        relisting.relist_as(product, group.pk, group.batch_id, user)
    label = f"{product} comes back as {group}"[:200]
    asked = Asked(kind="relist", label=label, user=user, versions=versions)
    change = partial(edits.accept, groups=[group.pk])
    row = history.perform(group.batch, asked, Scope(groups=[group.pk]), change)
    seeing.told(group, product, Encounter.Verdict.RELIST, user, row)
    return row


def keep_apart(group: Group, product: Product, user: User | None) -> None:
    """Never ask about these photos and this item again. Nothing else changes."""
    seeing.told(group, product, Encounter.Verdict.APART, user)


def _attached(board: Board, group: UUID, product: UUID) -> Board:
    card = board.card(group)
    why: dict[str, Any] = {**card.why, ATTACHED: str(product)}
    return board.with_cards(replace(card, state=REJECTED, why=why))
