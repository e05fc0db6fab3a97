"""Over the JSON API: groups that may be one item, items of before, and what decisions taught."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from carousel.errors import Refused
from grouping import allowed, edits, encounters, history, reasons, seeing
from grouping.api_answers import batch_of, done, edit, group_of, role_of, tenant_of, user_of
from grouping.history import Asked, Scope
from grouping.models import Tuning
from grouping.schemas import (
    PREFIX,
    Checkpoint,
    EditLine,
    EditOut,
    Encountered,
    GroupId,
    Judgement,
    MatchOut,
    SeenOut,
    TuningOut,
)

batches = Router(tags=["groups"])
groups = Router(tags=["groups"])
tunings = Router(tags=["groups"])
DOORS = {"attach": encounters.attach, "relist": encounters.relist}


@batches.get(
    "/{uuid:batch_id}/groups/matches",
    response=list[MatchOut],
    summary="Possible matches",
    operation_id="list_matches",
)
def list_matches(request: HttpRequest, batch_id: UUID) -> Any:
    """Pairs of open groups that may be one item and were not judged yet, best first."""
    found = reasons.matches(batch_of(request, batch_id))[:200]
    return [
        MatchOut(groups=[f"{PREFIX}{group}" for group in each.ids], score=each.score)
        for each in found
    ]


@batches.post(
    "/{uuid:batch_id}/groups/matches",
    response=EditOut,
    summary="Judge two groups",
    operation_id="judge_match",
)
def judge_groups(request: HttpRequest, batch_id: UUID, body: Judgement) -> Any:
    batch, ids = batch_of(request, batch_id), tuple(body.groups)
    if body.same:
        change = partial(edits.merge, groups=ids)
        return edit(request, batch, "merge", change, Scope(groups=ids))
    allowed.check(tenant_of(request), role_of(request), "apart")
    apart = Asked(kind="apart", user=user_of(request), parts=ids)
    return done(batch, history.perform(batch, apart, Scope(groups=ids), lambda board: board), ids)


@batches.post(
    "/{uuid:batch_id}/groups/checkpoint",
    response=EditLine,
    summary="Name a version",
    operation_id="name_version",
)
def name_version(request: HttpRequest, batch_id: UUID, body: Checkpoint) -> Any:
    row = history.name_checkpoint(batch_of(request, batch_id), body.name)
    return EditLine(
        seq=row.seq, kind=row.kind, label=row.label, by=row.by, at=row.created_at,
        state=row.state, checkpoint=row.checkpoint,
    )  # fmt: skip


@batches.get(
    "/{uuid:batch_id}/groups/seen",
    response=list[SeenOut],
    summary="Items of before",
    operation_id="list_seen_items",
)
def seen_in_batch(request: HttpRequest, batch_id: UUID) -> Any:
    """Open groups that look like an item which the shop has had, the surest first."""
    return [_seen(each) for each in seeing.of_batch(batch_of(request, batch_id))[:200]]


@groups.post(
    "/{group_id}/cut", response=EditOut, summary="Cut at the weakest link", operation_id="cut_group"
)
def cut_group(request: HttpRequest, group_id: GroupId) -> Any:
    group = group_of(request, group_id)
    side = reasons.weakest_cut(group)
    if not side:
        raise Refused("There is nothing to cut: no two of its photos were compared.")
    change = partial(edits.split_off, group=group.pk, photos=side, new=uuid4())
    scope = Scope(groups=[group.pk], makes_groups=True)
    return edit(request, group.batch, "split", change, scope)


@groups.get(
    "/{group_id}/seen",
    response=list[SeenOut],
    summary="Items of before like this group",
    operation_id="list_items_seen_like",
)
def seen_like(request: HttpRequest, group_id: GroupId) -> Any:
    return [_seen(each) for each in seeing.of_group(group_of(request, group_id))]


@groups.post(
    "/{group_id}/seen",
    response=EditOut,
    summary="Say what an item of before is to it",
    operation_id="judge_seen_item",
)
def encounter(request: HttpRequest, group_id: GroupId, body: Encountered) -> Any:
    group, user = group_of(request, group_id), user_of(request)
    product = get_object_or_404(tenant_of(request).products.live(), pk=body.product_id)
    if body.verdict == "apart":
        encounters.keep_apart(group, product, user)
        return done(group.batch, None, [group.pk])
    allowed.check(tenant_of(request), role_of(request), body.verdict)
    versions = {} if body.version is None else {group.pk: body.version}
    return done(group.batch, DOORS[body.verdict](group, product, user, versions), [group.pk])


@tunings.get(
    "/tunings",
    response=list[TuningOut],
    summary="What decisions taught",
    operation_id="list_tunings",
)
def list_tunings(request: HttpRequest) -> Any:
    """The last fifty proposals, newest first."""
    return [_tuning(row) for row in Tuning.objects.filter(tenant=tenant_of(request))[:50]]


@tunings.post(
    "/tunings/{uuid:pk}/apply",
    response=TuningOut,
    summary="Group by it from now on",
    operation_id="apply_tuning",
)
def apply_tuning(request: HttpRequest, pk: UUID) -> Any:
    row = get_object_or_404(Tuning, tenant=tenant_of(request), pk=pk)
    row.apply(user_of(request))
    return _tuning(row)


@tunings.post(
    "/tunings/{uuid:pk}/decline",
    response=TuningOut,
    summary="Leave things as they are",
    operation_id="decline_tuning",
)
def decline_tuning(request: HttpRequest, pk: UUID) -> Any:
    row = get_object_or_404(Tuning, tenant=tenant_of(request), pk=pk)
    row.decline(user_of(request))
    return _tuning(row)


def _seen(found: seeing.Seen) -> SeenOut:
    return SeenOut(
        group_id=f"{PREFIX}{found.shown.group.pk}",
        product_id=found.product.pk,
        title=str(found.product),
        state=found.product.state,
        standing=found.standing,
        score=found.score,
    )


def _tuning(row: Tuning) -> TuningOut:
    keys = ("precision", "recall", "f1")
    return TuningOut(
        id=row.pk,
        model=row.model,
        state=row.state,
        floor=row.floor,
        pairs=row.figures.get("pairs", 0),
        before={name: row.figures["before"][name] for name in keys},
        after={name: row.figures["after"][name] for name in keys},
        created_at=row.created_at,
    )
