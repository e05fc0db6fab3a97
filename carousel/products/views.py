"""The products of a shop: the list, and one item to look at, correct and publish."""

from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from carousel.errors import Refused
from carousel.products import answers, forms
from carousel.products.edits import Conflict
from carousel.products.images import ProductImage
from carousel.products.models import Product, ProductQuerySet
from carousel.products.publishing import Doubted, publish
from carousel.products.relisting import relist as list_again
from carousel.tenants.models import Membership
from carousel.web import Request, View, member, page

ON_A_PAGE = 50


def writer(view: View) -> View:
    """Members who may change things: everybody but viewers."""

    @member
    @wraps(view)
    def wrapper(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.membership.role == Membership.Role.VIEWER:
            raise PermissionDenied("You may look at items, not change them.")
        return view(request, *args, **kwargs)

    return wrapper


@member
@require_GET
def index(request: Request) -> HttpResponse:
    known = _in_batch(Product.objects.live().filter(tenant=request.tenant), request)
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()[:100]
    found = known.matching(words) if words else known
    if state in Product.State.values:
        found = found.filter(state=state)
    primary = Prefetch("images", ProductImage.objects.filter(is_primary=True), to_attr="primary")
    context = {
        "found": Paginator(found.prefetch_related(primary), ON_A_PAGE).get_page(_page(request)),
        "counts": _counts(known),
        "state": state,
        "words": words,
        "batch_id": request.GET.get("batch", ""),
        "place": "products",
    }
    return page(request, "products/index.html", "found", context)


@member
@require_GET
def show(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    context = answers.context(product) | {"place": "products"}
    return page(request, answers.ITEM, "main", context)


@member
@require_GET
def live(request: Request, pk: UUID) -> HttpResponse:
    """What changed since the page's version; 204 if nothing did."""
    product = _product(request, pk)
    if request.GET.get("seen") == answers.stamp(product):
        return HttpResponse(status=204)
    return answers.live(request, product)


@writer
@require_POST
def edit(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    sent = forms.read(product, request.POST)
    try:
        if sent.wanted:
            product.edit(sent.wanted, seen=sent.seen, by=request.user.pk)
    except Conflict as conflict:
        product.refresh_from_db()
        return answers.changed(
            request, product, str(conflict), fields=conflict.theirs, error=True, status=409
        )
    except Refused as refused:
        return _as_it_is_now(request, product, refused)
    if sent.form.errors:
        touched = {*sent.form.errors, *sent.wanted}
        return answers.changed(request, product, fields=touched, wrong=sent.form, status=422)
    if not sent.wanted and request.htmx:
        return HttpResponse(status=204)
    return answers.changed(request, product, fields=sent.wanted)


@writer
@require_POST
def use(request: Request, pk: UUID, field: str) -> HttpResponse:
    """Take a model's words for one field instead of our own."""
    product = _product(request, pk)
    suggestion = product.suggested.get(field)
    if suggestion and field in Product.FIELDS:
        product.edit({field: suggestion["value"]}, by=request.user.pk)
    return answers.changed(request, product, fields=[field] if suggestion else [])


@writer
@require_POST
def primary(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    image = get_object_or_404(product.images, pk=_uuid(request.POST.get("image")))
    image.make_primary(by=str(request.user.pk))
    product.refresh_from_db()
    return answers.changed(request, product, parts=["gallery"])


@writer
@require_POST
def become(request: Request, pk: UUID, state: str) -> HttpResponse:
    """Publish, or take off sale. What is missing is refused with a sentence; doubts ask why."""
    product = _product(request, pk)
    by = str(request.user.pk)
    try:
        if state == Product.State.LISTED:
            publish(product, reason=request.POST.get("anyway", ""), by=by)
        else:
            product.become(state, by=by)
    except Doubted as doubted:
        return answers.doubted(request, product, doubted.doubts)
    except Refused as refused:
        return _as_it_is_now(request, product, refused)
    said = {"listed": "Published.", "delisted": "Taken off sale."}
    return answers.changed(request, product, said.get(state, ""), fields=Product.FIELDS)


@writer
@require_POST
def relist(request: Request, pk: UUID) -> HttpResponse:
    return redirect("product", list_again(_product(request, pk), request.user).pk)


@writer
@require_POST
def delete(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    product.remove(by=str(request.user.pk))
    return redirect("product", product.pk)


@writer
@require_POST
def restore(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    product.restore(by=str(request.user.pk))
    return redirect("product", product.pk)


def _as_it_is_now(request: Request, product: Product, refused: Refused) -> HttpResponse:
    """Mostly somebody else was first: beside the sentence, the page shows what they made of it."""
    product.refresh_from_db()
    return answers.changed(request, product, str(refused), error=True, status=409)


def _product(request: Request, pk: UUID) -> Product:
    return get_object_or_404(request.tenant.products, pk=pk)


def _in_batch(products: ProductQuerySet, request: Request) -> ProductQuerySet:
    batch = _uuid(request.GET.get("batch"))
    return products.filter(batch_id=batch) if batch else products


def _counts(products: ProductQuerySet) -> dict[str, int]:
    return products.aggregate(
        all=Count("pk"), **{state: Count("pk", filter=Q(state=state)) for state in Product.State}
    )


def _page(request: Request) -> str:
    return request.GET.get("page", "1")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
