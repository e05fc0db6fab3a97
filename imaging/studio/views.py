"""The photo page and its few buttons."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carousel.errors import Refused
from carousel.models import Product
from carousel.products.views import writer
from carousel.tenants import settings
from carousel.web import Request, member, page, parts
from imaging.analysis.rerun import rerun, versions
from imaging.inference.models import ModelCall
from imaging.jobs.models import Batch, Step
from imaging.pixels.faults import SENTENCES
from imaging.studio import treating
from imaging.studio.forms import CanvasForm, shown
from imaging.studio.suspects import after, of_batch, passed
from imaging.studio.treating import Treatment
from imaging.uploads.models import Photo

PAGE = "imaging/photo.html"
ON_A_PAGE = 48


@member
@require_GET
def show(request: Request, pk: UUID) -> HttpResponse:
    return page(request, PAGE, "photo", _context(_photo(request, pk)))


@writer
@require_POST
def treat(request: Request, pk: UUID) -> HttpResponse:
    """Choose what the shop shows: the original, the cut-out, the mended or the composed picture."""
    photo = _photo(request, pk)
    preset = request.POST.get("preset", "") or next(iter(treating.presets(request.tenant)))
    if preset not in treating.presets(request.tenant):
        raise Refused("There is no such preset.")
    treating.treat(photo, Treatment(request.POST.get("what", ""), preset))
    passed(photo)
    return _back(request, photo)


@writer
@require_POST
def canvas(request: Request, pk: UUID) -> HttpResponse:
    """Change the shop's canvas, and show this photo on it."""
    photo = _photo(request, pk)
    form = CanvasForm(request.POST)
    if not form.is_valid():
        return _wrong(request, _context(photo) | {"canvas_form": form, "canvas": form.data})
    options = request.tenant.options.model_dump(mode="json") | {"studio": form.options()}
    settings.change(request.tenant, request.user, options, seen=settings.tag(request.tenant))
    photo.tenant = request.tenant
    treating.treat(photo, Treatment("studio", treating.OUR_SHOP))
    return _back(request, photo)


@writer
@require_POST
def cut_again(request: Request, pk: UUID) -> HttpResponse:
    photo = _photo(request, pk)
    treating.cut_again(photo, request.POST.get("model", ""))
    return _back(request, photo)


@member
@require_GET
def suspects(request: Request, pk: UUID) -> HttpResponse:
    """Every cut-out of a batch that the fault gate wants looked at, and nothing else."""
    batch = get_object_or_404(Batch.objects.live(), pk=pk, tenant=request.tenant)
    found = Paginator(of_batch(batch), ON_A_PAGE).get_page(request.GET.get("page"))
    marked = [(photo, _sentences(photo)) for photo in found]
    context = {"batch": batch, "step": "process", "found": found, "marked": marked}
    return page(request, "imaging/suspects.html", "found", context)


@writer
@require_POST
def fine(request: Request, pk: UUID) -> HttpResponse:
    """The cut-out is right as it is: on to the next suspect, or to the end of the list."""
    photo = _photo(request, pk)
    passed(photo)
    following = after(photo)
    if following is None or request.POST.get("back") == "list":
        return redirect("suspects", photo.batch_id)
    return redirect("photo", following.pk)


@writer
@require_POST
def analyse_again(request: Request, pk: UUID) -> HttpResponse:
    """Classify, attributes and defects once more, by a chosen version or by the chain."""
    photo = _photo(request, pk)
    rerun(photo, request.POST.get("version", ""))
    return _back(request, photo)


def _photo(request: Request, pk: UUID) -> Photo:
    return get_object_or_404(request.tenant.photos.live().select_related("batch", "tenant"), pk=pk)


def _sentences(photo: Photo) -> list[str]:
    return [SENTENCES.get(code, code) for code in photo.faults]


def _back(request: Request, photo: Photo) -> HttpResponse:
    if not request.htmx:
        return redirect("photo", photo.pk)
    photo.refresh_from_db()
    return page(request, PAGE, "photo", _context(photo))


def _wrong(request: Request, context: dict[str, object]) -> HttpResponse:
    """As a part with a target of its own: what only has a status is no answer to htmx."""
    if request.htmx:
        return parts(request, PAGE, "photo", status=422, **context)
    return render(request, PAGE, context, status=422)


def _context(photo: Photo) -> dict[str, object]:
    chosen = photo.quality.get("shop", "")
    products = Product.objects.live().filter(tenant=photo.tenant, images__photo_id=photo.pk)
    analyses = list(photo.analyses.prefetch_related("attributes", "defects"))
    return {
        "photo": photo,
        "batch": photo.batch,
        "product": products.first(),
        "faults": _sentences(photo),
        "is_suspect": bool(photo.faults) and not photo.quality.get("passed"),
        "suspects": of_batch(photo.batch).count(),
        "next_suspect": after(photo),
        "wiped": treating.SHOP if chosen in treating.SAME_FRAME else "cutout",
        "chosen": chosen,
        "presets": list(treating.presets(photo.tenant)),
        "canvas": shown(photo.tenant.options.studio),
        "others": treating.other_models(photo),
        "steps": Step.objects.filter(job__subject_id=photo.pk).order_by("started_at", "kind"),
        "calls": ModelCall.objects.filter(tenant=photo.tenant, subject_id=photo.pk)[:20],
        "analyses": analyses,
        "versions": versions(),
        "address": reverse("photo", args=[photo.pk]),
    }
