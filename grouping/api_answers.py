"""What every door of the groups API shares: the shop's rows, one edit, and its answer."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from carousel.models import Tenant, User
from grouping import allowed, history, reasons, showing
from grouping.board import Board
from grouping.history import Asked, Scope
from grouping.models import Edit, Group
from grouping.schemas import PREFIX, EditOut, GroupOut
from imaging.models import Batch


def edit(
    request: HttpRequest,
    batch: Batch,
    kind: str,
    change: Callable[[Board], Board],
    scope: Scope,
    versions: dict[UUID, int] | None = None,
) -> EditOut:
    allowed.check(tenant_of(request), role_of(request), kind)
    asked = Asked(kind=kind, user=user_of(request), versions=versions or {})
    return done(batch, history.perform(batch, asked, scope, change), scope.groups)


def done(batch: Batch, row: Edit | None, groups: Collection[UUID] = ()) -> EditOut:
    touched = {*groups, *(row.groups if row else ())}
    cards = showing.shown(list(Group.objects.filter(batch=batch, pk__in=touched).in_order()))
    there = {card.group.pk for card in cards}
    return EditOut(
        seq=row.seq if row else None,
        label=row.label if row else "",
        groups=[out(card) for card in cards],
        gone=[f"{PREFIX}{group}" for group in sorted(touched - there)],
    )


def out(card: showing.Shown) -> GroupOut:
    group = card.group
    return GroupOut(
        id=f"{PREFIX}{group.pk}",
        batch_id=group.batch_id,
        name=group.name,
        type=group.kind,
        state=group.state,
        confidence=group.confidence,
        weakest=group.weakest,
        band=group.band,
        consignor=group.consignor,
        cover=card.cover.pk,
        photos=[photo.pk for photo in card.photos],
        version=group.version,
        product_id=group.product,
    )


def pair(found: reasons.PairShown | None) -> dict[str, Any] | None:
    return {"photos": [found.a.pk, found.b.pk], "score": found.score} if found else None


def shown(group: Group) -> showing.Shown:
    cards = showing.shown([group])
    if not cards:
        raise history.Stale("That group is no longer there.", [group.pk])
    return cards[0]


def tenant_of(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def role_of(request: HttpRequest) -> str:
    role: str = request.role  # type: ignore[attr-defined]
    return role


def user_of(request: HttpRequest) -> User | None:
    """The person with a token; None for a program with a key."""
    return request.user if isinstance(request.user, User) else None


def batch_of(request: HttpRequest, pk: UUID) -> Batch:
    batch = get_object_or_404(tenant_of(request).batches.live(), pk=pk)
    batch.tenant = tenant_of(request)
    return batch


def group_of(request: HttpRequest, pk: UUID) -> Group:
    live = tenant_of(request).groups.select_related("batch").filter(batch__deleted_at=None)
    group = get_object_or_404(live, pk=pk)
    group.batch.tenant = tenant_of(request)
    return group
