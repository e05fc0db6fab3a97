"""Every edit of the review page: one POST is one edit, and one answer."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from carousel.errors import Refused
from carousel.web import Request
from grouping import allowed, edits, encounters, history, reasons, regrouping, showing
from grouping.answering import answer, batch_of, editor, group_of
from grouping.board import Board
from grouping.forms import Sent, number, share, uuid
from grouping.history import Asked, Scope
from grouping.models import Group, GroupPhoto
from imaging.models import Batch

DECISIONS = {"accepted": edits.accept, "open": edits.reopen, "rejected": edits.reject}
KINDS = {"accepted": "accept", "open": "reopen", "rejected": "reject"}
ENCOUNTERS = {"attach": encounters.attach, "relist": encounters.relist}


@editor
def rename(request: Request, pk: UUID) -> HttpResponse:
    group = group_of(request, pk)
    name = request.POST.get("name", "")
    return _edit(request, group.batch, "rename", partial(edits.rename, group=pk, name=name), [pk])


@editor
def split(request: Request, pk: UUID) -> HttpResponse:
    """Take the chosen photos out, or with none chosen make every photo a group of its own."""
    group, chosen = group_of(request, pk), _chosen_in(request, pk)
    if chosen:
        change: Callable[[Board], Board] = partial(
            edits.split_off, group=pk, photos=chosen, new=uuid4()
        )
    else:
        change = partial(edits.split_up, group=pk, ids=uuid4)
    return _edit(request, group.batch, "split", change, [pk], makes_groups=True)


@editor
def cut(request: Request, pk: UUID) -> HttpResponse:
    """Cut the group at its weakest link: one edit in place of many drags."""
    group = group_of(request, pk)
    side = reasons.weakest_cut(group)
    if not side:
        raise Refused("There is nothing to cut: this group has no two photos that were compared.")
    change = partial(edits.split_off, group=pk, photos=side, new=uuid4())
    return _edit(request, group.batch, "split", change, [pk], makes_groups=True)


@editor
def cover(request: Request, pk: UUID) -> HttpResponse:
    group = group_of(request, pk)
    photo = _only(Sent.of(request.POST).photos, "Choose one photo.")
    return _edit(
        request, group.batch, "cover", partial(edits.set_cover, group=pk, photo=photo), [pk]
    )


@editor
def decide(request: Request, pk: UUID, state: str) -> HttpResponse:
    """Accept, reopen or reject one group."""
    return _decide(request, group_of(request, pk).batch, [pk], state)


@editor
def decide_many(request: Request, pk: UUID, state: str) -> HttpResponse:
    """Accept, reopen or reject the named groups, or with sure=1 / all=1 what that means."""
    batch = batch_of(request, pk)
    return _decide(request, batch, _named_groups(request, batch), state)


@editor
def merge(request: Request, pk: UUID) -> HttpResponse:
    """Put the named groups into the first of them; with `into`, into that one."""
    ids = list(Sent.of(request.POST).groups)
    if request.POST.get("into"):
        ids = list(dict.fromkeys([uuid(request.POST["into"]), *ids]))
    return _edit(request, batch_of(request, pk), "merge", partial(edits.merge, groups=ids), ids)


@editor
def move(request: Request, pk: UUID) -> HttpResponse:
    """Put the chosen photos into a group, at a place in it, into a new group, or aside."""
    batch, sent = batch_of(request, pk), Sent.of(request.POST)
    to, index = request.POST.get("to", ""), number(request.POST.get("index"))
    if to == "new":
        form = partial(edits.form, photos=sent.photos, new=uuid4())
        return _edit(request, batch, "move", form, photos=sent.photos, makes_groups=True)
    if to == "unsorted":
        return _edit(
            request,
            batch,
            "aside",
            partial(edits.set_aside, photos=sent.photos),
            photos=sent.photos,
        )
    change = partial(edits.move, photos=sent.photos, group=uuid(to), index=index)
    return _edit(request, batch, "move", change, [uuid(to)], photos=sent.photos)


@editor
def reject_all(request: Request, pk: UUID) -> HttpResponse:
    """Clear all grouping that is not accepted. The photos stay, and it can be undone."""
    batch = batch_of(request, pk)
    allowed.check(request.tenant, request.membership.role, "clear")
    asked = Asked(kind="clear", user=request.user, remember=False, key=Sent.of(request.POST).key)
    return answer(
        request, batch, history.perform(batch, asked, Scope(everything=True), edits.clear)
    )


@editor
def undo(request: Request, pk: UUID) -> HttpResponse:
    """Take back one's last edit, the edit `seq`, or everything after the edit `to`."""
    batch = batch_of(request, pk)
    to = number(request.POST.get("to"))
    if to is not None:
        return answer(request, batch, *history.undo_to(batch, request.user, to))
    seq = number(request.POST.get("seq"))
    return answer(request, batch, history.undo(batch, request.user, seq))


@editor
def redo(request: Request, pk: UUID) -> HttpResponse:
    batch = batch_of(request, pk)
    seq = number(request.POST.get("seq"))
    return answer(request, batch, history.redo(batch, request.user, seq))


@editor
def checkpoint(request: Request, pk: UUID) -> HttpResponse:
    """Name the present state, to return to it later."""
    batch = batch_of(request, pk)
    history.name_checkpoint(batch, request.POST.get("name", ""))
    return answer(request, batch)


@editor
def regroup(request: Request, pk: UUID) -> HttpResponse:
    """Group again what no person has decided, more or less strictly."""
    batch = batch_of(request, pk)
    allowed.check(request.tenant, request.membership.role, "regroup")
    strictness = share(request.POST["strictness"]) if "strictness" in request.POST else None
    use_order = request.POST["use_order"] == "1" if "use_order" in request.POST else None
    plan = regrouping.plan(batch, strictness, use_order)
    return answer(request, batch, regrouping.apply(batch, plan, request.user))


@editor
def judge_pair(request: Request, pk: UUID) -> HttpResponse:
    """Say of two groups that they are one item (same=yes), or that they are not (same=no)."""
    batch, sent = batch_of(request, pk), Sent.of(request.POST)
    if len(sent.groups) != 2:
        raise Refused("Choose two groups.")
    if request.POST.get("same") == "yes":
        change = partial(edits.merge, groups=sent.groups)
        return _edit(request, batch, "merge", change, sent.groups)
    allowed.check(request.tenant, request.membership.role, "apart")
    apart = Asked(kind="apart", user=request.user, key=sent.key, parts=sent.groups)
    scope = Scope(groups=sent.groups)
    return answer(request, batch, history.perform(batch, apart, scope, lambda board: board))


@editor
def encounter(request: Request, pk: UUID) -> HttpResponse:
    """What an item of before is to this group: attach, relist or apart."""
    group, said = group_of(request, pk), request.POST.get("said", "")
    product = get_object_or_404(
        request.tenant.products.live(), pk=uuid(request.POST.get("product", ""))
    )
    if said == "apart":
        encounters.keep_apart(group, product, request.user)
        return answer(request, group.batch)
    if said not in ENCOUNTERS:
        raise Refused("Attach it, list it again, or keep the two apart.")
    allowed.check(request.tenant, request.membership.role, said)
    versions = Sent.of(request.POST).versions
    return answer(request, group.batch, ENCOUNTERS[said](group, product, request.user, versions))


def _edit(
    request: Request,
    batch: Batch,
    kind: str,
    change: Callable[[Board], Board],
    groups: "list[UUID] | tuple[UUID, ...]" = (),
    photos: tuple[UUID, ...] = (),
    *,
    makes_groups: bool = False,
) -> HttpResponse:
    sent = Sent.of(request.POST)
    allowed.check(request.tenant, request.membership.role, kind)
    asked = Asked(kind=kind, user=request.user, versions=sent.versions, key=sent.key)
    scope = Scope(groups=groups, photos=photos, makes_groups=makes_groups)
    return answer(request, batch, history.perform(batch, asked, scope, change))


def _decide(request: Request, batch: Batch, ids: list[UUID], state: str) -> HttpResponse:
    change = partial(DECISIONS[state], groups=ids)
    return _edit(request, batch, KINDS[state], change, ids)


def _named_groups(request: Request, batch: Batch) -> list[UUID]:
    if request.POST.get("sure"):
        return list(showing.filtered(batch, "sure").values_list("pk", flat=True))
    if request.POST.get("all"):
        return list(Group.objects.filter(batch=batch).open().values_list("pk", flat=True))
    ids = list(Sent.of(request.POST).groups)
    if not ids:
        raise Refused("Choose at least one group.")
    return ids


def _chosen_in(request: Request, group: UUID) -> tuple[UUID, ...]:
    """The chosen photos that lie in this group; a form without a script sends all chosen ones."""
    chosen = Sent.of(request.POST).photos
    members = GroupPhoto.objects.filter(group=group, photo__in=chosen)
    own = set(members.values_list("photo", flat=True)) if chosen else set()
    return tuple(photo for photo in chosen if photo in own)


def _only(ids: tuple[UUID, ...], sentence: str) -> UUID:
    if len(ids) != 1:
        raise Refused(sentence)
    return ids[0]
