"""The analysis on the item page: damage, twins, claims, missing shots, and asking again."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carousel.events.outbox import record
from carousel.models import Product
from carousel.products import answers
from carousel.products.views import writer
from carousel.web import Request, member, page, parts
from imaging.analysis import checking, deciding, shown, wording
from imaging.analysis.forms import DecisionForm, MarkForm
from imaging.analysis.models import Defect
from imaging.inference import chains
from imaging.inference.answers import Telling, Told
from imaging.jobs import pipeline
from imaging.jobs.models import Job

PAGE = "imaging/analysis.html"
LOOKED_AGAIN = "The photo was looked at again meanwhile. Its damage is shown as it is now."


@member
@require_GET
def analysis(request: Request, pk: UUID) -> HttpResponse:
    """The part of the item page that is ours, fetched when the page has loaded, or alone.

    A page that stands open asks after each change; of an item deleted meanwhile we say nothing.
    """
    product = get_object_or_404(Product, pk=pk, tenant=request.tenant)
    if product.deleted_at and not request.htmx:
        raise Http404
    if product.deleted_at:
        return HttpResponse(status=204)
    alone = {} if request.htmx else {"fields": reverse("product", args=[pk])}
    return page(request, PAGE, "analysis", _context(product) | alone)


@writer
@require_POST
def decide(request: Request, pk: UUID, defect_id: UUID) -> HttpResponse:
    """Confirm, dismiss, reopen or rename one box."""
    product = _product(request, pk)
    defect = get_object_or_404(
        Defect.objects.select_related("analysis__photo"),
        pk=defect_id,
        tenant=request.tenant,
        analysis__photo_id__in=product.images.values("photo_id"),
    )
    if not defect.analysis.is_current:
        return _answer(request, product, message=LOOKED_AGAIN, status=409)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    given = form.cleaned_data
    if given["kind"] or given["severity"]:
        kind, severity = given["kind"] or defect.kind, given["severity"] or defect.severity
        deciding.change(product, defect, kind, severity, request.user)
    if given["state"]:
        deciding.decide(product, defect, given["state"], request.user)
    return _answer(request, product)


@writer
@require_POST
def mark(request: Request, pk: UUID) -> HttpResponse:
    """A box that a person drew."""
    product = _product(request, pk)
    form = MarkForm(request.POST)
    if not form.is_valid():
        return parts(request, PAGE, "mark", status=422, **(_context(product) | {"form": form}))
    wanted = form.cleaned_data["photo"]
    photo = get_object_or_404(wording.photos_queryset(product), pk=wanted)
    deciding.mark(product, photo, form.marked(), request.user)
    return _answer(request, product)


@writer
@require_POST
def translate(request: Request, pk: UUID, language: str) -> HttpResponse:
    """Write this language again from the other one. What a person wrote here is only offered."""
    product = _product(request, pk)
    source = str(getattr(product, shown.FIELDS[shown.OTHER[language]]))
    question = Telling(wording.facts_of(product), language, source)
    made = chains.ask("translate", question, product.tenant, product.pk)
    assert isinstance(made.value, Told)
    field = shown.FIELDS[language]
    with transaction.atomic():
        wording.say(product, field, made.value.text, made)
        record(product.tenant, "description.translated", product.pk, field=field)
    return _answer(request, product)


@writer
@require_POST
def again(request: Request, pk: UUID) -> HttpResponse:
    """Look and describe once more. Nothing that a person wrote changes."""
    product = _product(request, pk)
    pipeline.start(request.tenant, "listing", product.pk)
    return _answer(request, product)


@writer
@require_POST
def note(request: Request, pk: UUID) -> HttpResponse:
    """What the texts claim is true, says a person: their note supports it from now on."""
    product = _product(request, pk)
    checking.note(product, request.POST.get("phrase", ""), request.user.pk)
    return _answer(request, product, "attributes")


@writer
@require_POST
def strike(request: Request, pk: UUID) -> HttpResponse:
    """An unsupported phrase leaves the text of its language."""
    product = _product(request, pk)
    language = request.POST.get("language", "")
    if language not in shown.FIELDS:
        return HttpResponse(status=422)
    checking.strike(product, language, request.POST.get("phrase", ""), request.user.pk)
    return _answer(request, product, shown.FIELDS[language])


def _product(request: Request, pk: UUID) -> Product:
    return get_object_or_404(Product.objects.live(), pk=pk, tenant=request.tenant)


def _answer(
    request: Request, product: Product, *fields: str, message: str = "", status: int = 200
) -> HttpResponse:
    """Our part again, beside the parts of the item page that every change touches."""
    product.refresh_from_db()
    is_error = status >= 400
    theirs = answers.changed(
        request, product, message, fields=fields, error=is_error, status=status
    )
    if not request.htmx:
        return theirs
    ours = parts(request, PAGE, "analysis", **_context(product))
    return HttpResponse(theirs.content + ours.content, status=status)


def _context(product: Product) -> dict[str, Any]:
    """`is_open`: the item is being described right now, so the part asks again by itself."""
    open_jobs = Job.objects.open().filter(kind="listing", subject_id=product.pk)
    found = checking.doubts(product)
    return shown.context(product) | {"is_open": open_jobs.exists(), "doubts": found}
