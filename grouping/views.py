"""The review page and what it asks for: chunks of cards, one group large, lists and previews."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from carousel.web import Request, member, page
from grouping import allowed, names, reasons, regrouping, seeing, showing
from grouping.answering import batch_of
from grouping.forms import Sent, number, share
from grouping.models import Group
from imaging.models import Batch

PAGE = "grouping/review.html"
LAYER = "layer"
"""The part of a page that a dialog shows."""


@member
@require_GET
def review(request: Request, pk: UUID) -> HttpResponse:
    """The page, or the next chunk of cards for a page that has `after`."""
    batch = batch_of(request, pk)
    name, words = request.GET.get("filter", "all"), request.GET.get("q", "").strip()
    groups = showing.filtered(batch, name, words)
    after = request.GET.get("after", "")
    # The bar first: the page listens from the version it carries, so no card may be older.
    around = {} if after else _page_context(request, batch)
    cards, rest = showing.chunk(groups, after)
    context = around | {
        "batch": batch,
        "step": "review",
        "cards": cards,
        "rest": rest,
        "filter": name if name in showing.FILTERS else "all",
        "words": words,
    }
    return render(request, "grouping/chunk.html" if after else PAGE, context)


@member
@require_GET
def group(request: Request, pk: UUID) -> HttpResponse:
    """One group, large, with every edit as a form."""
    found = get_object_or_404(request.tenant.groups.select_related("batch"), pk=pk)
    batch = batch_of(request, found.batch_id)
    context = _inspected(batch, found) | {"batch": batch, "step": "review"}
    return render(request, "grouping/group.html", context)


@member
@require_GET
def inspect(request: Request, pk: UUID) -> HttpResponse:
    """Why these photos are together, names for them, and what else they may be."""
    found = request.tenant.groups.select_related("batch").filter(pk=pk).first()
    if found is None:
        return render(request, "grouping/inspector.html")
    context = _inspected(found.batch, found, request.GET.get("photo", ""))
    return render(request, "grouping/inspector.html", context | {"batch": found.batch})


@member
@require_GET
def targets(request: Request, pk: UUID) -> HttpResponse:
    """The groups that chosen photos can be moved to, nearest first, found by name."""
    batch, words = batch_of(request, pk), request.GET.get("q", "").strip()
    near = request.GET.get("near", "")
    groups = showing.filtered(batch, "all", words)
    rows = list(showing.nearest(groups, float(near) if near else None)[:30])
    context = {
        "batch": batch,
        "targets": showing.shown(rows),
        "photos": Sent.of(request.GET).photos,
        "words": words,
        "step": "review",
    }
    return page(request, "grouping/targets.html", LAYER, context)


@member
@require_GET
def edits(request: Request, pk: UUID) -> HttpResponse:
    """The last edits of the batch, by whom and when."""
    batch = batch_of(request, pk)
    rows = batch.edits.select_related("user", "changed_by").order_by("-seq")
    context = {"batch": batch, "edits": rows[:100], "step": "review"}
    return page(request, "grouping/edits.html", LAYER, context)


@member
@require_GET
def sure(request: Request, pk: UUID) -> HttpResponse:
    """What "accept all sure" would accept."""
    batch = batch_of(request, pk)
    groups = showing.filtered(batch, "sure")
    context = {
        "batch": batch,
        "cards": showing.shown(list(groups[:120])),
        "number": groups.count(),
        "step": "review",
    }
    return page(request, "grouping/sure.html", LAYER, context)


@member
@require_GET
def regrouping_preview(request: Request, pk: UUID) -> HttpResponse:
    """What grouping with another strictness would change, without changing it."""
    batch = batch_of(request, pk)
    strictness = share(request.GET.get("strictness", "0.5"))
    plan = regrouping.plan(batch, strictness)
    found = regrouping.previewed(batch, plan)
    context = {
        "batch": batch,
        "preview": found,
        "previews": showing.previewed(found.joined, found.parted),
        "strictness": strictness,
        "step": "review",
    }
    return page(request, "grouping/strictness.html", LAYER, context)


@member
@require_GET
def pairs(request: Request, pk: UUID) -> HttpResponse:
    """Two groups side by side that may be one item: yes, no, or the next."""
    batch = batch_of(request, pk)
    skip = number(request.GET.get("skip")) or 0
    found = reasons.next_match(batch, skip)
    context = {"batch": batch, "match": found, "skip": skip + 1, "step": "review"}
    return render(request, "grouping/pairs.html", context)


@member
@require_GET
def seen(request: Request, pk: UUID) -> HttpResponse:
    """A group beside the item of before that it looks like: attach, list again or keep apart."""
    batch = batch_of(request, pk)
    skip = number(request.GET.get("skip")) or 0
    found = seeing.of_batch(batch)
    context = {
        "batch": batch,
        "seen": found[skip % len(found)] if found else None,
        "number": len(found),
        "skip": skip + 1,
        "step": "review",
    }
    return render(request, "grouping/seen.html", context)


def _page_context(request: Request, batch: Batch) -> dict[str, Any]:
    return {
        "bar": showing.bar(batch, request.user),
        "tray": showing.tray(batch),
        "jobs_open": batch.jobs.open().filter(kind__in=["photo", "group"]).exists(),
        "has_photos": batch.photos.live().exists(),
        "advanced": allowed.may_advanced(request.tenant, request.membership.role),
    }


def _inspected(batch: Batch, found: Group, focused: str = "") -> dict[str, Any]:
    """What is told about one group; the large picture is the photo that has the focus."""
    cards = showing.shown([found])
    if not cards:
        return {"shown": None}
    large = (photo for photo in cards[0].photos if str(photo.pk) == focused)
    return {
        "shown": cards[0],
        "large": next(large, cards[0].cover),
        "names": names.suggested(found),
        "why": reasons.why(found),
        "matches": reasons.matches_of(batch, found),
        "seen": seeing.of_group(found),
    }
