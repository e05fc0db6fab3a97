"""What a change of an item sends back: the parts of the page that show it, and one sentence."""

from collections.abc import Collection, Iterable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from carousel.errors import Refused
from carousel.products import shown
from carousel.products.forms import ItemForm
from carousel.products.models import Product
from carousel.web import Request

ITEM = "products/item.html"
ALWAYS = ("state", "actions", "history", "work")


def stamp(product: Product) -> str:
    """Changes whenever something on the item's page may have changed by itself."""
    work = shown.work(product)
    stages = "".join(stage.state[:2] for stage in work.stages) if work else ""
    return f"{product.version}-{stages}-{work.is_open if work else ''}"


def context(product: Product, wrong: ItemForm | None = None) -> dict[str, Any]:
    place, number, previous, following = shown.neighbours(product)
    return {
        "product": product,
        "stamp": stamp(product),
        "fields": shown.fields(product, wrong),
        "images": list(product.images.all()),
        "history": shown.history(product),
        "work": shown.work(product),
        "place_in_batch": place,
        "number_in_batch": number,
        "evidence": _evidence(product),
        "previous": previous,
        "following": following,
    }


def _evidence(product: Product) -> str:
    """Where the price is explained, if this house has such a room."""
    address = f"{resolve_url('product', product.pk)}price/"
    try:
        resolve(address)
    except Resolver404:
        return ""
    return address


def changed(
    request: Request,
    product: Product,
    message: str = "",
    *,
    fields: Iterable[str] = (),
    parts: Collection[str] = (),
    wrong: ItemForm | None = None,
    error: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The touched parts for htmx, the whole page for everybody else.

    Fields are put in whole (`outerHTML`): a morph would leave standing what the person typed. What
    was wrong comes back as it was written, to be mended and not to be written again.
    """
    if not request.htmx:
        return _without_script(request, product, message, wrong, status)
    known = context(product, wrong)
    html = [_field(request, known, name) for name in fields]
    html += [_part(request, known, name) for name in (*ALWAYS, *parts)]
    if message:
        html.append(_toast(request, message, error=error))
    return HttpResponse("\n".join(html), status=status)


def doubted(request: Request, product: Product, doubts: list[str]) -> HttpResponse:
    """Not published yet: what speaks against it, and where to say why it is all the same."""
    known = context(product) | {"doubts": doubts}
    if not request.htmx:
        return HttpResponse(render_to_string(ITEM, known, request), status=409)
    html = [_part(request, known, name) for name in ("actions", "work")]
    html.append(
        _toast(request, "Look at this first, or say why it is published anyway.", error=True)
    )
    return HttpResponse("\n".join(html), status=409)


def live(request: Request, product: Product) -> HttpResponse:
    """Everything that changes by itself. Fields are morphed; item.js shields the one in use."""
    known = context(product)
    html = [_field(request, known, name, swap="outerMorph") for name in known["fields"]]
    html += [_part(request, known, name) for name in (*ALWAYS, "gallery")]
    return HttpResponse("\n".join(html))


def _field(request: Request, known: dict[str, Any], name: str, swap: str = "outerHTML") -> str:
    inner = render_to_string("products/field.html", {"field": known["fields"][name]}, request)
    return f'<hx-partial hx-target="#field-{name}" hx-swap="{swap}">{inner}</hx-partial>'


def _part(request: Request, known: dict[str, Any], name: str) -> str:
    inner = render_to_string(f"{ITEM}#{name}", known, request)
    return f'<hx-partial hx-target="#{name}" hx-swap="outerMorph">{inner}</hx-partial>'


def _toast(request: Request, message: str, *, error: bool) -> str:
    inner = render_to_string("parts/toast.html", {"message": message, "error": error}, request)
    return f'<hx-partial hx-target="#toast" hx-swap="innerHTML">{inner}</hx-partial>'


def _without_script(
    request: Request,
    product: Product,
    message: str,
    wrong: ItemForm | None,
    status: int,
) -> HttpResponse:
    if wrong:
        page = render_to_string(ITEM, context(product, wrong), request)
        return HttpResponse(page, status=status)
    if status >= 400:
        raise Refused(message)
    return HttpResponseRedirect(resolve_url("product", product.pk))
