"""Groups over the JSON API: the same edits, rules and history as the review page.

A group's id may be sent bare or as `pg_<uuid>`, and is answered as `pg_<uuid>`. An edit that
changes nothing answers with the groups as they are.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Status

from carousel import paging
from grouping import allowed, api_matches, edits, history, reasons, regrouping, showing
from grouping.api_answers import (
    batch_of,
    done,
    edit,
    group_of,
    out,
    pair,
    role_of,
    shown,
    tenant_of,
    user_of,
)
from grouping.atomically import one_transaction
from grouping.board import Board
from grouping.history import Asked, Scope
from grouping.models import Group
from grouping.schemas import (
    Decide,
    EditLine,
    EditOut,
    GroupId,
    GroupOut,
    GroupsOut,
    Listed,
    Merge,
    Move,
    Process,
    Regroup,
    RegroupOut,
    Split,
    Started,
    Undo,
    Update,
)
from imaging.models import Batch, Job

Limit = Annotated[int, Field(ge=1, le=500)]

batches = Router(tags=["groups"])
groups = Router(tags=["groups"])
remover = Router(tags=["groups"])
batches.add_router("", api_matches.batches)
groups.add_router("", api_matches.groups)


@batches.get(
    "/{uuid:batch_id}/groups",
    response=GroupsOut,
    summary="The groups of a batch",
    operation_id="list_groups",
)
def listed(
    request: HttpRequest, response: HttpResponse, batch_id: UUID, asked: Query[Listed]
) -> Any:
    """In shooting order, 36 at a time. `after` is the `next` of the page before."""
    found = showing.filtered(batch_of(request, batch_id), asked.filter, asked.q)
    cards, rest = showing.chunk(found, asked.after)
    if rest:
        paging.tell_next(request, response, asked, after=rest)
    return GroupsOut(groups=[out(card) for card in cards], next=rest or None)


@batches.post(
    "/{uuid:batch_id}/groups/merge",
    response=EditOut,
    summary="Merge groups",
    operation_id="merge_groups",
)
def merge(request: HttpRequest, batch_id: UUID, body: Merge) -> Any:
    change = partial(edits.merge, groups=body.groups)
    return edit(request, batch_of(request, batch_id), "merge", change, Scope(groups=body.groups))


@batches.post(
    "/{uuid:batch_id}/groups/move",
    response=EditOut,
    summary="Move photos",
    operation_id="move_photos",
)
def move(request: HttpRequest, batch_id: UUID, body: Move) -> Any:
    batch, scope = batch_of(request, batch_id), Scope(photos=body.photos, makes_groups=True)
    if body.to == "new":
        change: Callable[[Board], Board] = partial(edits.form, photos=body.photos, new=uuid4())
        return edit(request, batch, "move", change, scope)
    if body.to == "unsorted":
        change = partial(edits.set_aside, photos=body.photos)
        return edit(request, batch, "aside", change, scope)
    group = group_of(request, body.to)
    change = partial(edits.move, photos=body.photos, group=group.pk, index=body.index)
    return edit(request, batch, "move", change, Scope(groups=[group.pk], photos=body.photos))


@batches.post(
    "/{uuid:batch_id}/groups/accept",
    response=EditOut,
    summary="Accept groups",
    operation_id="accept_groups",
)
def accept(request: HttpRequest, batch_id: UUID, body: Decide) -> Any:
    batch = batch_of(request, batch_id)
    ids = _wanted(batch, body)
    return edit(request, batch, "accept", partial(edits.accept, groups=ids), Scope(groups=ids))


@batches.post(
    "/{uuid:batch_id}/groups/reject-all",
    response=EditOut,
    summary="Clear the grouping",
    operation_id="clear_groups",
)
def reject_all(request: HttpRequest, batch_id: UUID) -> Any:
    """Accepted groups stay, no photo is deleted, and it can be undone."""
    batch = batch_of(request, batch_id)
    allowed.check(tenant_of(request), role_of(request), "clear")
    asked = Asked(kind="clear", user=user_of(request), remember=False)
    return done(batch, history.perform(batch, asked, Scope(everything=True), edits.clear))


@batches.post(
    "/{uuid:batch_id}/groups/undo",
    response=EditOut,
    summary="Take an edit back",
    operation_id="undo_edit",
)
def undo(request: HttpRequest, batch_id: UUID, body: Undo) -> Any:
    batch = batch_of(request, batch_id)
    if body.to is None:
        return done(batch, history.undo(batch, user_of(request), body.seq))
    rows = history.undo_to(batch, user_of(request), body.to)
    touched = {group for row in rows for group in row.groups}
    return done(batch, rows[-1] if rows else None, touched)


@batches.post(
    "/{uuid:batch_id}/groups/redo",
    response=EditOut,
    summary="Make an edit again",
    operation_id="redo_edit",
)
def redo(request: HttpRequest, batch_id: UUID) -> Any:
    batch = batch_of(request, batch_id)
    return done(batch, history.redo(batch, user_of(request)))


@batches.get(
    "/{uuid:batch_id}/groups/edits",
    response=list[EditLine],
    summary="What was done",
    operation_id="list_edits",
)
def log(request: HttpRequest, batch_id: UUID, limit: Limit = 100) -> Any:
    """The newest first."""
    rows = batch_of(request, batch_id).edits.select_related("user")
    return [
        EditLine(
            seq=row.seq, kind=row.kind, label=row.label, by=row.by, at=row.created_at,
            state=row.state, checkpoint=row.checkpoint,
        )
        for row in rows[:limit]
    ]  # fmt: skip


@batches.post(
    "/{uuid:batch_id}/groups/regroup",
    response=RegroupOut,
    summary="Group again",
    operation_id="regroup_batch",
)
def regroup(request: HttpRequest, batch_id: UUID, body: Regroup) -> Any:
    """What no person decided is grouped again; the answer says what changed or would change."""
    batch = batch_of(request, batch_id)
    allowed.check(tenant_of(request), role_of(request), "regroup")
    plan = regrouping.plan(batch, body.strictness, body.use_order)
    found = regrouping.previewed(batch, plan)
    if not body.dry_run:
        regrouping.apply(batch, plan, user_of(request))
    return RegroupOut(
        groups_before=found.groups_before,
        groups_after=found.groups_after,
        joined=len(found.joined),
        parted=len(found.parted),
        by_hand=found.by_hand,
    )


@groups.get("/{group_id}", response=GroupOut, summary="One group", operation_id="get_group")
def one(request: HttpRequest, group_id: GroupId) -> Any:
    return out(shown(group_of(request, group_id)))


@groups.patch(
    "/{group_id}", response=EditOut, summary="Change a group", operation_id="change_group"
)
@one_transaction
def update(request: HttpRequest, group_id: GroupId, body: Update) -> Any:
    """Name, first picture or state; each is an edit of its own in the log, the last is answered."""
    group = group_of(request, group_id)
    versions = {} if body.version is None else {group.pk: body.version}
    answer = done(group.batch, None, [group.pk])
    for kind, change in _changes(group.pk, body):
        scope = Scope(groups=[group.pk])
        answer = edit(request, group.batch, kind, change, scope, versions)
        versions = {}
    return answer


@groups.post(
    "/{group_id}/split", response=EditOut, summary="Split a group", operation_id="split_group"
)
def split(request: HttpRequest, group_id: GroupId, body: Split) -> Any:
    group = group_of(request, group_id)
    if body.photos:
        change: Callable[[Board], Board] = partial(
            edits.split_off, group=group.pk, photos=body.photos, new=uuid4()
        )
    else:
        change = partial(edits.split_up, group=group.pk, ids=uuid4)
    scope = Scope(groups=[group.pk], makes_groups=True)
    return edit(request, group.batch, "split", change, scope)


@groups.get(
    "/{group_id}/why",
    response=dict[str, Any],
    summary="Why these photos are together",
    operation_id="explain_group",
)
def why(request: HttpRequest, group_id: GroupId) -> Any:
    """The rule, the most and the least alike pair with their scores 0..1, the longest pause."""
    found = reasons.why(group_of(request, group_id))
    return {
        "rule": found.rule,
        "strongest": pair(found.strongest),
        "weakest": pair(found.weakest),
        "longest_pause_minutes": found.minutes,
        "model": found.model,
    }


@remover.post(
    "/process-groups",
    response={202: Started},
    summary="Accept groups and process them",
    operation_id="process_groups",
)
@one_transaction
def process(request: HttpRequest, body: Process) -> Any:
    """One listing job for each group; groups of several batches may be sent at once."""
    found = [group_of(request, group) for group in dict.fromkeys(body.groups)]
    for batch in sorted({group.batch for group in found}, key=lambda batch: batch.pk):
        ids = [group.pk for group in found if group.batch_id == batch.pk]
        edit(request, batch, "accept", partial(edits.accept, groups=ids), Scope(groups=ids))
    accepted = Group.objects.filter(pk__in=body.groups).values_list("product", flat=True)
    products = [product for product in accepted if product]
    jobs = Job.objects.filter(kind="listing", subject_id__in=products)
    return Status(202, Started(jobs=[job.pk for job in jobs], products=products))


def _changes(group: UUID, body: Update) -> list[tuple[str, Callable[[Board], Board]]]:
    found: list[tuple[str, Callable[[Board], Board]]] = []
    if body.name is not None:
        found.append(("rename", partial(edits.rename, group=group, name=body.name)))
    if body.cover is not None:
        found.append(("cover", partial(edits.set_cover, group=group, photo=body.cover)))
    if body.state is not None:
        kind, decide = {
            "accepted": ("accept", edits.accept),
            "open": ("reopen", edits.reopen),
            "rejected": ("reject", edits.reject),
        }[body.state]
        found.append((kind, partial(decide, groups=[group])))
    return found


def _wanted(batch: Batch, body: Decide) -> list[UUID]:
    if body.which == "named":
        return body.groups
    name = "sure" if body.which == "sure" else "all"
    return list(showing.filtered(batch, name).open().values_list("pk", flat=True))
