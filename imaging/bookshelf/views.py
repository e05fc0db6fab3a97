"""The books page, and the map of one shelf: its photo with every spine and what to do with it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from carousel import storage
from carousel.errors import GiveUp, Refused
from carousel.live.stream import Frame, stream
from carousel.tenants import limits
from carousel.web import Request, member, page, parts
from imaging.bookshelf import live as versions
from imaging.bookshelf import prices, shelving
from imaging.bookshelf.models import Shelf, Spine
from imaging.jobs.progress import work_on
from imaging.pixels.errors import Rejected
from imaging.uploads.intake import BLOCK

A_PAGE = 25
TEMPLATE = "books/shelf.html"
STAGES = ("read_text", "candidates", "lookup")
WORDS = {"read_text": "Reading spines", "candidates": "Finding books", "lookup": "Looking them up"}


@member
def books(request: Request) -> HttpResponse:
    """The shelves, newest first; a POST is a photo or several."""
    if request.method == "POST":
        return _received(request)
    rows = request.tenant.shelves.live().select_related("created_by")
    shown = Q(spines__aside=False) & ~Q(spines__state__in=["not_a_book", "duplicate"])
    rows = rows.annotate(
        books=Count("spines", filter=shown),
        drafts=Count("spines", filter=Q(spines__product_id__isnull=False)),
    )
    shelves = Paginator(rows.order_by("-created_at", "id"), A_PAGE).get_page(
        request.GET.get("page")
    )
    return page(request, "books/index.html", "shelf-rows", {"shelves": shelves, "place": "books"})


@member
@require_GET
def shelf(request: Request, pk: UUID) -> HttpResponse:
    return render(request, TEMPLATE, _context(request, find(request, pk)))


@member
@require_GET
def live(request: Request, pk: UUID) -> StreamingHttpResponse:
    """The map, each time the shelf has changed; closes when there is nothing left to wait for."""
    found = find(request, pk)
    seen = request.GET.get("seen", "")
    return stream(
        request,
        found.pk,
        lambda: _frame(request, found.pk),
        int(seen) if seen.isdecimal() else None,
    )


@member
@require_GET
def picture(request: Request, pk: UUID) -> HttpResponse:
    """The upright photo, without metadata; never the original."""
    found = find(request, pk)
    if not found.picture:
        raise Http404
    try:
        content = storage.read_bytes(found.picture)
    except GiveUp as gone:
        raise Http404 from gone
    response = HttpResponse(content, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@member
@require_POST
def decide(request: Request, pk: UUID, spine_pk: UUID) -> HttpResponse:
    """Confirmed, not a book, a duplicate, or found again."""
    spine = _spine(request, pk, spine_pk)
    wanted = request.POST.get("state", "")
    if wanted not in Spine.State.values:
        raise Refused("That is nothing a spine can be.")
    # The same key takes it back.
    again = wanted == spine.state
    spine.become(Spine.State.FOUND if again else wanted, request.user)
    return _answer(request, spine)


@member
@require_POST
def correct(request: Request, pk: UUID, spine_pk: UUID) -> HttpResponse:
    spine = _spine(request, pk, spine_pk)
    said = {name: request.POST.get(name, "")[:300] for name in ("title", "author", "isbn")}
    spine.correct(request.user, **said)
    return _answer(request, spine)


@member
@require_POST
def choose(request: Request, pk: UUID, spine_pk: UUID, number: int) -> HttpResponse:
    spine = _spine(request, pk, spine_pk)
    spine.choose(number, request.user)
    return _answer(request, spine)


@member
@require_POST
def draft(request: Request, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    products = shelving.draft(found, request.user)
    count = len(products)
    messages.success(request, f"{count} draft{'s' if count > 1 else ''} made.")
    return redirect("shelf", pk)


@member
@require_POST
def undraft(request: Request, pk: UUID) -> HttpResponse:
    count = shelving.undraft(find(request, pk), request.user)
    messages.success(request, f"{count} draft{'s' if count != 1 else ''} taken back.")
    return redirect("shelf", pk)


@member
@require_POST
def retry(request: Request, pk: UUID) -> HttpResponse:
    shelving.again(find(request, pk))
    return redirect("shelf", pk)


def find(request: Request, pk: UUID) -> Shelf:
    return get_object_or_404(request.tenant.shelves.live().select_related("tenant"), pk=pk)


def _spine(request: Request, pk: UUID, spine_pk: UUID) -> Spine:
    spines = request.tenant.spines.select_related("shelf", "tenant")
    return get_object_or_404(spines, pk=spine_pk, shelf_id=pk, shelf__deleted_at=None)


def _received(request: Request) -> HttpResponse:
    found = [_receive(request, file) for file in request.FILES.getlist("photos")]
    kept = [each for each in found if each is not None]
    if not found:
        messages.error(request, "Choose a photo of a shelf first.")
    return redirect("shelf", kept[0].pk) if len(kept) == 1 else redirect("books")


def _receive(request: Request, file: "UploadedFile[Any]") -> Shelf | None:
    limits.spend(request.tenant, "books")
    try:
        return shelving.receive(request.tenant, request.user, _blocks(file), file.name or "")[0]
    except Rejected as no:
        messages.error(request, f"{file.name}: {no.sentence}")
        return None


def _blocks(file: "UploadedFile[Any]") -> Iterator[bytes]:
    yield from file.chunks(BLOCK)


def _answer(request: Request, spine: Spine) -> HttpResponse:
    if not request.htmx:
        return redirect(f"{request.path.split('/spines/')[0]}/?spine={spine.position}")
    context = _context(request, find(request, spine.shelf_id), spine.position)
    return parts(request, TEMPLATE, "map", "spine", "totals", **context)


def _frame(request: Request, pk: UUID) -> Frame:
    context = _context(request, Shelf.objects.select_related("tenant").get(pk=pk))
    html = render_to_string(f"{TEMPLATE}#shelf", context, request)
    return Frame(html, is_last=context["shelf"].state != Shelf.State.PROCESSING)


def _context(request: Request, found: Shelf, chosen: int | None = None) -> dict[str, Any]:
    """The version was read first: what changes while we look is a newer one."""
    seen = versions.versions([found.pk]).get(found.pk, 0)
    found.refresh_from_db()
    spines = list(found.spines.all())
    wanted = request.GET.get("spine", "") if chosen is None else str(chosen)
    current = next((each for each in spines if str(each.position) == wanted), None)
    return {
        "place": "books",
        "shelf": found,
        "seen": seen,
        "spines": spines,
        "current": current or next((each for each in spines if not each.aside), None),
        "counts": _counts(spines),
        "band": prices.band(request.tenant),
        "stages": _stages(found),
    }


def _counts(spines: list[Spine]) -> dict[str, int]:
    gone = {Spine.State.NOT_A_BOOK, Spine.State.DUPLICATE}
    books = [each for each in spines if each.state not in gone]
    sellable = [each for each in books if not each.aside or each.state == Spine.State.CONFIRMED]
    return {
        "books": len(sellable),
        "sure": sum(each.is_sure for each in sellable),
        "ask": sum(e.needs_choice and e.state == Spine.State.FOUND for e in sellable),
        "aside": len(books) - len(sellable),
        "drafts": sum(each.product_id is not None for each in books),
        "free": sum(each.product_id is None for each in sellable),
    }


def _stages(found: Shelf) -> list[dict[str, Any]]:
    work = work_on(found.pk, "shelf")
    done = {stage.name: stage for stage in work.stages} if work else {}
    return [{"words": WORDS[name], "stage": done.get(name)} for name in STAGES]
