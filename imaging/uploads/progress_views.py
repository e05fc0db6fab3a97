"""The progress page: how far the batch is, live, and what a person can do about it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from carousel.live.stream import Frame, stream
from carousel.web import Request, member
from imaging.jobs.models import Batch
from imaging.uploads import control
from imaging.uploads import progress as counting
from imaging.uploads.views import find

TEMPLATE = "imaging/progress.html"


@member
@require_GET
def show(request: Request, pk: UUID) -> HttpResponse:
    """Without a script the page has a link that loads it again."""
    return render(request, TEMPLATE, _context(find(request, pk)))


@member
@require_GET
def live(request: Request, pk: UUID) -> StreamingHttpResponse:
    """The same part of the page, each time the batch has changed; closes when all is done."""
    batch = find(request, pk)
    seen = request.GET.get("seen", "")
    return stream(
        request,
        batch.pk,
        lambda: _frame(request, batch.pk),
        int(seen) if seen.isdecimal() else None,
    )


@member
@require_POST
def stop(request: Request, pk: UUID) -> HttpResponse:
    control.stop(find(request, pk))
    return redirect("progress", pk)


@member
@require_POST
def retry_all(request: Request, pk: UUID) -> HttpResponse:
    control.retry_all(find(request, pk))
    return redirect("progress", pk)


@member
@require_POST
def retry(request: Request, pk: UUID) -> HttpResponse:
    photo = get_object_or_404(request.tenant.photos.live().select_related("batch", "tenant"), pk=pk)
    control.retry(photo)
    return redirect("progress", photo.batch_id)


def _frame(request: Request, pk: UUID) -> Frame:
    context = _context(Batch.objects.get(pk=pk))
    html = render_to_string(f"{TEMPLATE}#progress", context, request)
    return Frame(html, is_last=not context["progress"].is_running)


def _context(batch: Batch) -> dict[str, Any]:
    """The batch was read first: what changes while we count is a newer version."""
    return {
        "batch": batch,
        "step": "process",
        "progress": counting.progress(batch),
        "recent": counting.recent(batch),
        "troubles": counting.troubles(batch),
        "suspects": batch.photos.suspects().count(),
    }
