"""The answer to every edit: the cards it touched, the toolbar, one toast. One place for all."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from carousel.errors import Refused
from carousel.models import Membership, User
from carousel.web import Request, member
from grouping import history, labels, showing
from grouping.models import Edit, Group
from imaging.models import Batch

View = Callable[..., HttpResponse]


def batch_of(request: Request, pk: UUID) -> Batch:
    batch = get_object_or_404(request.tenant.batches.live(), pk=pk)
    batch.tenant = request.tenant
    return batch


class Repeated(Exception):
    """The same form came again, after its edit made its own group go."""

    def __init__(self, row: Edit) -> None:
        super().__init__(row.label)
        self.row = row


def group_of(request: Request, pk: UUID) -> Group:
    groups = request.tenant.groups.select_related("batch").filter(batch__deleted_at=None)
    group = groups.filter(pk=pk).first()
    if group is None:
        raise _gone(request, pk)
    group.batch.tenant = request.tenant
    return group


def _gone(request: Request, pk: UUID) -> Exception:
    key = request.POST.get("key")
    row = request.tenant.edits.filter(key=key).touching([pk]).first() if key else None
    return Repeated(row) if row else history.Stale("That group is no longer there.", [pk])


def editor(view: View) -> View:
    """For people who may change groups, by POST. A stale edit answers with the groups of now."""

    @member
    @require_POST
    @wraps(view)
    def wrapper(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.membership.role == Membership.Role.VIEWER:
            raise PermissionDenied("You may look at this batch, but not change it.")
        try:
            return view(request, *args, **kwargs)
        except history.Stale as stale:
            return _stale(request, stale)
        except Repeated as repeated:
            return answer(request, repeated.row.batch, repeated.row)

    return cast(View, wrapper)


def answer(request: Request, batch: Batch, *rows: Edit | None) -> HttpResponse:
    """What the edits changed, as parts for htmx; without a script, the page again."""
    made = [row for row in rows if row]
    said = _said(made)
    if not request.htmx:
        if said:
            messages.success(request, said)
        return redirect(_back(request, batch))
    if not made:
        return HttpResponse(status=204)
    return render(request, "grouping/answer.html", _context(request, batch, made, said))


def _context(request: Request, batch: Batch, rows: list[Edit], said: str) -> dict[str, Any]:
    touched = {group for row in rows for group in row.groups}
    fresh = {group for row in rows for group in _fresh(row)}
    cards = _on_page(request, batch, touched)
    there = {shown.group.pk for shown in cards}
    return {
        "batch": batch,
        "filter": request.POST.get("filter", "all"),
        "words": request.POST.get("q", ""),
        "bar": showing.bar(batch, request.user, _just_made(rows, request.user)),
        "changed": [shown for shown in cards if shown.group.pk not in fresh],
        "made": [shown for shown in cards if shown.group.pk in fresh],
        "gone": [] if len(touched) > showing.CHUNK * 10 else sorted(touched - there),
        "tray": showing.tray(batch) if _moves_tray(rows) else None,
        "said": said,
        "undo": reverse("review-undo", args=[batch.pk]) if rows[-1].state == "live" else "",
        "undo_seq": rows[-1].seq,
        "swap": "outerMorph",
    }


def _on_page(request: Request, batch: Batch, ids: Collection[UUID]) -> list[showing.Shown]:
    """The cards that the page holds: it says how far down it has loaded."""
    groups = Group.objects.filter(batch=batch, pk__in=ids).in_order()
    try:
        groups = groups.filter(position__lte=float(request.POST.get("upto", "inf")))
    except ValueError as error:
        raise Refused("This page sent something that cannot be read. Load it again.") from error
    return showing.shown(list(groups))


def _fresh(row: Edit) -> set[UUID]:
    """Groups that the page cannot know yet, after the edit or after it was taken back."""
    before, after = set(row.before["cards"]), set(row.after["cards"])
    fresh = after - before if row.state == Edit.State.LIVE else before - after
    return set(map(UUID, fresh))


def _just_made(rows: list[Edit], user: User) -> Edit | None:
    """A new edit of this person: its version is still that of its making. A redo is not one."""
    row = rows[-1]
    is_new = row.state == Edit.State.LIVE and row.version == row.seq and row.user_id == user.pk
    return row if is_new and len(rows) == 1 else None


def _moves_tray(rows: list[Edit]) -> bool:
    """Whether a photo came into a group or left it, seen over all groups of an edit."""
    return any(_grouped(row.before) != _grouped(row.after) for row in rows)


def _grouped(side: dict[str, Any]) -> set[str]:
    return {photo for card in side["cards"].values() for photo in card["photos"]}


def _said(rows: list[Edit]) -> str:
    if not rows:
        return ""
    if len(rows) > 1:
        return f"{len(rows)} edits taken back"
    row = rows[0]
    if row.state == Edit.State.UNDONE:
        return f"Taken back: {row.label}"
    return labels.toast(row.kind, row.label)


def _stale(request: Request, stale: history.Stale) -> HttpResponse:
    """409 with the groups as they are now, replaced outright: a morph would keep what was typed."""
    message = str(stale)
    if not request.htmx:
        return render(request, "refused.html", {"message": message}, status=409)
    groups = request.tenant.groups.filter(pk__in=stale.groups).in_order()
    cards = showing.shown(list(groups.select_related("batch")))
    there = {shown.group.pk for shown in cards}
    context = {
        "changed": cards,
        "gone": sorted(stale.groups - there),
        "message": message,
        "swap": "outerHTML",
        "batch": cards[0].group.batch if cards else None,
    }
    return render(request, "grouping/stale.html", context, status=409)


def _back(request: Request, batch: Batch) -> str:
    back = request.POST.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, {request.get_host()}):
        return back
    return reverse("review", args=[batch.pk])
