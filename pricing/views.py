"""The prices of a batch, and the evidence behind each."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from carousel.models import Product
from carousel.products.images import ProductImage
from carousel.products.models import ProductQuerySet
from carousel.web import Request, member, page
from imaging.models import Batch
from pricing import deciding, forms, quoting, showing
from pricing.deciding import SURE
from pricing.models import Sale

ON_A_PAGE = 60
PAGE, ROW, EVIDENCE = "pricing/prices.html", "pricing/row.html", "pricing/evidence.html"
FILTERS = {"": "All", "open": "To price", "silent": "No price", "decided": "Decided"}


@member
@require_GET
def prices(request: Request, pk: UUID) -> HttpResponse:
    context = _table(request, _batch(request, pk), request.GET)
    return page(request, PAGE, "prices", context)


def _table(request: Request, batch: Batch, asked: QueryDict) -> dict[str, Any]:
    known, chosen = _products(request, batch), asked.get("show", "")
    primary = Prefetch("images", ProductImage.objects.filter(is_primary=True), to_attr="primary")
    wanted = _filtered(known, chosen).prefetch_related(primary).order_by("created_at", "pk")
    found = Paginator(wanted, ON_A_PAGE).get_page(asked.get("page"))
    counts = _counts(known)
    return {
        "batch": batch,
        "step": "prices",
        "place": "prices",
        "pages": found,
        "rows": showing.rows(list(found)),
        "chosen": chosen,
        "filters": [(name, label, counts[name or "all"]) for name, label in FILTERS.items()],
        "sure": counts["sure"],
        "decided": counts["decided"],
        "all": counts["all"],
        "waiting": counts["waiting"],
    }


def _address(request: Request) -> QueryDict:
    """What the page that asks is showing: the filter and the page number in its address."""
    return QueryDict((request.htmx.current_url or "").partition("?")[2].partition("#")[0])


@member
@require_POST
def accept_confident(request: Request, pk: UUID) -> HttpResponse:
    """Accept every suggestion that is sure and on which nobody has decided."""
    batch = _batch(request, pk)
    sure = _products(request, batch).filter(_sure()).order_by("created_at", "pk")
    taken = deciding.accept_confident(list(sure), request.user)
    said = f"{taken} price{'' if taken == 1 else 's'} accepted."
    if not request.htmx:
        messages.success(request, said)
        return redirect("prices", batch.pk)
    context = _table(request, batch, _address(request)) | {"message": said}
    table = _part(request, f"{PAGE}#prices", "prices", context)
    bar = _part(request, f"{PAGE}#bar", "bar", context)
    return HttpResponse(f"{table}{bar}{_toast(request, context)}")


@member
@require_GET
def evidence(request: Request, pk: UUID) -> HttpResponse:
    """Why this price: a part of the item page or of the prices table, or a page by itself."""
    product = _product(request, pk)
    context = _evidence(request, product)
    if request.htmx or request.GET.get("place"):
        return HttpResponse(render_to_string(f"{EVIDENCE}#evidence", context, request))
    return page(request, EVIDENCE, "evidence", context)


@member
@require_POST
def requote(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    quoting.quote(product)
    return _changed(request, product)


@member
@require_POST
def accept(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    seen = request.POST.get("quote")
    deciding.accept(product, request.user, seen=UUID(seen) if seen else None)
    return _changed(request, product)


@member
@require_POST
def override(request: Request, pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    price = forms.price_of(request.POST.get("price", "")[:30], product.currency)
    deciding.override(product, price, request.user, forms.reason_of(request.POST))
    return _changed(request, product)


@member
@require_POST
def strike(request: Request, pk: UUID, sale_pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    deciding.strike(product, _sale(request, sale_pk), request.user, forms.reason_of(request.POST))
    return _changed(request, product)


@member
@require_POST
def unstrike(request: Request, pk: UUID, sale_pk: UUID) -> HttpResponse:
    product = _product(request, pk)
    deciding.unstrike(product, _sale(request, sale_pk), request.user)
    return _changed(request, product)


def _changed(request: Request, product: Product) -> HttpResponse:
    """The row and the open evidence; without a script, back to where the person was."""
    product.refresh_from_db()
    if not request.htmx:
        return redirect("price", product.pk)
    context = _evidence(request, product) | {"row": showing.row(product)}
    html = [_part(request, f"{EVIDENCE}#evidence", f"price-{product.pk}", context)]
    if context["place"] == "prices":
        # In whole: a morph would leave standing what the person typed.
        html.append(_part(request, f"{ROW}#row", f"row-{product.pk}", context, "outerHTML"))
        batch = _batch(request, product.batch_id) if product.batch_id else None
        if batch:
            table = _table(request, batch, _address(request))
            html += [_part(request, f"{PAGE}#{name}", name, table) for name in ("bar", "filters")]
    return HttpResponse("\n".join(html))


def _part(
    request: HttpRequest,
    template: str,
    name: str,
    context: dict[str, Any],
    swap: str = "outerMorph",
) -> str:
    html = render_to_string(template, context, request)
    return f'<hx-partial hx-target="#{name}" hx-swap="{swap}">{html}</hx-partial>'


def _toast(request: HttpRequest, context: dict[str, Any]) -> str:
    html = render_to_string("parts/toast.html", context, request)
    return f'<hx-partial hx-target="#toast" hx-swap="innerHTML">{html}</hx-partial>'


def _evidence(request: Request, product: Product) -> dict[str, Any]:
    quote = quoting.current(product)
    place = request.POST.get("place") or request.GET.get("place") or "item"
    return {
        "product": product,
        "quote": quote,
        "found": showing.evidence(product, quote) if quote else None,
        "word": deciding.word(quote.confidence) if quote and quote.price else "",
        "place": place,
        "has_changed": request.method == "POST",
    }


def _batch(request: Request, pk: UUID) -> Batch:
    batch: Batch = get_object_or_404(request.tenant.batches.live(), pk=pk)
    return batch


def _product(request: Request, pk: UUID) -> Product:
    product: Product = get_object_or_404(
        Product.objects.live().filter(tenant=request.tenant).select_related("tenant"), pk=pk
    )
    return product


def _sale(request: Request, pk: UUID) -> Sale:
    sale: Sale = get_object_or_404(Sale, tenant=request.tenant, pk=pk)
    return sale


def _products(request: Request, batch: Batch) -> ProductQuerySet:
    found: ProductQuerySet = Product.objects.live().filter(tenant=request.tenant, batch_id=batch.pk)
    return found


def _decided() -> Q:
    return Q(edited_fields__contains=["price"])


def _sure() -> Q:
    current = Q(quotes__is_current=True, quotes__price__isnull=False)
    return current & Q(quotes__confidence__gte=SURE, state="draft") & ~_decided()


def _silent() -> Q:
    return Q(quotes__is_current=True, quotes__price=None) & ~_decided()


def _filtered(products: ProductQuerySet, chosen: str) -> ProductQuerySet:
    chosen_by = {"open": ~_decided(), "silent": _silent(), "decided": _decided()}
    return products.filter(chosen_by[chosen]) if chosen in chosen_by else products


def _counts(products: ProductQuerySet) -> dict[str, int]:
    return products.aggregate(
        all=Count("pk", distinct=True),
        open=Count("pk", filter=~_decided(), distinct=True),
        silent=Count("pk", filter=_silent(), distinct=True),
        decided=Count("pk", filter=_decided(), distinct=True),
        sure=Count("pk", filter=_sure(), distinct=True),
        waiting=Count("pk", filter=Q(quotes=None), distinct=True),
    )
