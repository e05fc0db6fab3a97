"""The storefront's JSON: what is on sale, and a door for programs that write items."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from ninja import Query, Router, Status

from carousel import paging
from carousel.errors import GiveUp
from carousel.events.models import DeadLetter, Event
from carousel.products import conditional, schemas
from carousel.products.cursors import Cursor
from carousel.products.models import Product, ProductQuerySet
from carousel.products.publishing import publish
from carousel.tenants.models import Membership, Tenant

router = Router(tags=["products"])


@router.get(
    "", response=schemas.ProductList, operation_id="list_products", summary="Items, newest first"
)
def list_products(
    request: HttpRequest,
    response: HttpResponse,
    asked: Query[schemas.ProductsAsked],
) -> Any:
    """Newest first. Follow `next` until it is null; the order never changes under you."""
    found = _after(_wanted(request, asked), asked.cursor, _list_of(request, asked))
    rows = list(found.order_by("-created_at", "id")[: asked.limit + 1])
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    following = _next(request, response, shown[-1], asked) if more else None
    return _answer_list(request, response, shown, following)


@router.get(
    "/statistics",
    response=schemas.Statistics,
    operation_id="get_statistics",
    summary="How many items there are",
)
def statistics(request: HttpRequest) -> Any:
    """Counts by state, and what happened since midnight UTC."""
    tenant = _tenant(request)
    today = Event.objects.filter(tenant=tenant, created_at__date=now().date()).aggregate(
        listed=Count("pk", filter=Q(kind="product.listed")),
        sold=Count("pk", filter=Q(kind="product.sold")),
    )
    counts = _live(request).aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in Product.State}
    )
    return schemas.Statistics(
        products=counts,
        listed_today=today["listed"],
        sold_today=today["sold"],
        dead_letters=DeadLetter.objects.open().filter(tenant=tenant).count(),
    )


@router.get(
    "/{uuid:pk}", response=schemas.ProductOut, operation_id="get_product", summary="One item"
)
def get_product(request: HttpRequest, response: HttpResponse, pk: UUID) -> Any:
    """One item in any state. 304 with `If-None-Match` while nothing changed."""
    product = _one(request, pk)
    return _answer(request, response, product)


@router.post(
    "", response={201: schemas.ProductOut}, operation_id="create_product", summary="Open a draft"
)
def create_product(request: HttpRequest, response: HttpResponse, body: schemas.ProductIn) -> Any:
    """A draft without pictures. What you send is kept as a person's words."""
    tenant = _writer(request)
    product = Product.objects.create(tenant=tenant, currency=tenant.currency)
    _edit(request, product, body)
    response["Location"] = f"{request.path.rstrip('/')}/{product.pk}"
    response["ETag"] = conditional.tag(product)
    return Status(201, schemas.told(request, [product])[0])


@router.patch(
    "/{uuid:pk}",
    response=schemas.ProductOut,
    operation_id="change_product",
    openapi_extra=conditional.TOLD,
    summary="Change an item",
)
def change_product(
    request: HttpRequest, response: HttpResponse, pk: UUID, body: schemas.ProductIn
) -> Any:
    """Change some fields. Needs `If-Match`: 428 without it, 412 when somebody was faster."""
    _writer(request)
    product = _one(request, pk)
    _edit(request, product, body, version=conditional.wanted_version(request, product))
    return _fresh(request, response, product)


@router.put(
    "/{uuid:pk}/state",
    response=schemas.ProductOut,
    operation_id="put_product_state",
    openapi_extra=conditional.TOLD,
    summary="Publish an item, or take it off sale",
)
def put_state(
    request: HttpRequest, response: HttpResponse, pk: UUID, body: schemas.NewState
) -> Any:
    """Publish or take off sale. 409 with a sentence when a rule says no. Needs `If-Match`.

    What is missing, contradictory or unsupported comes as `doubts` with the 409; with a `reason`
    it is published all the same, and the reason stays in the item's history.
    """
    _writer(request)
    product = _one(request, pk)
    version = conditional.wanted_version(request, product)
    if product.state == body.state:
        return _fresh(request, response, product)
    if body.state == "listed":
        publish(product, reason=body.reason, version=version, **_by(request))
    else:
        product.become(body.state, version=version, **_by(request))
    return _fresh(request, response, product)


@router.delete(
    "/{uuid:pk}",
    response={204: None},
    operation_id="delete_product",
    openapi_extra=conditional.TOLD,
    summary="Delete an item",
)
def delete_product(request: HttpRequest, pk: UUID) -> Any:
    """Delete so that staff can restore it; taken off sale first. Needs `If-Match`."""
    _writer(request)
    product = _one(request, pk)
    product.remove(version=conditional.wanted_version(request, product), **_by(request))
    return Status(204, None)


@router.post(
    "/{uuid:pk}/restore",
    response=schemas.ProductOut,
    operation_id="restore_product",
    summary="Bring a deleted item back",
)
def restore_product(request: HttpRequest, response: HttpResponse, pk: UUID) -> Any:
    """Bring a deleted item back. Harmless when it is not deleted."""
    tenant = _writer(request)
    product = get_object_or_404(Product, tenant=tenant, pk=pk)
    product.restore(**_by(request))
    return _fresh(request, response, product)


def _wanted(request: HttpRequest, asked: schemas.ProductsAsked) -> ProductQuerySet:
    found = _live(request)
    if asked.state == "on_sale":
        found = found.on_sale()
    elif asked.state != "any":
        found = found.filter(state=asked.state)
    found = found.filter(category__iexact=asked.category) if asked.category else found
    return found.matching(asked.q) if asked.q else found


def _after(found: ProductQuerySet, word: str, of: str) -> ProductQuerySet:
    if not word:
        return found
    last = Cursor.read(word, of)
    # The first bound repeats the second so that the index can begin there.
    return found.filter(created_at__lte=last.created_at).filter(
        Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__gt=last.id)
    )


def _next(
    request: HttpRequest, response: HttpResponse, last: Product, asked: schemas.ProductsAsked
) -> str:
    cursor = Cursor(last.created_at, last.pk).word(_list_of(request, asked))
    return paging.tell_next(request, response, asked, cursor=cursor)


def _list_of(request: HttpRequest, asked: schemas.ProductsAsked) -> str:
    """What a cursor is good for: this shop's items with these filters."""
    return repr((str(_tenant(request).pk), asked.state, asked.category, asked.q))


def _answer_list(
    request: HttpRequest, response: HttpResponse, shown: list[Product], following: str | None
) -> Any:
    address = request.get_full_path()
    etag = conditional.list_tag(address, shown, following) if shown else '"empty"'
    if conditional.is_known(request, etag):
        return _unchanged(etag)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return schemas.ProductList(items=schemas.told(request, shown), next=following)


def _answer(request: HttpRequest, response: HttpResponse, product: Product) -> Any:
    etag = conditional.tag(product)
    return _unchanged(etag) if conditional.is_known(request, etag) else _fresh(
        request, response, product
    )  # fmt: skip


def _fresh(request: HttpRequest, response: HttpResponse, product: Product) -> schemas.ProductOut:
    response["ETag"] = conditional.tag(product)
    response["Cache-Control"] = "private, no-cache"
    return schemas.told(request, [product])[0]


def _unchanged(etag: str) -> HttpResponse:
    return HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def _edit(
    request: HttpRequest, product: Product, body: schemas.ProductIn, version: int | None = None
) -> None:
    try:
        wanted = body.wanted()
        if wanted:
            product.edit(wanted, version=version, by=_user(request))
    except ValidationError as error:
        raise GiveUp(" ".join(error.messages)) from error


def _one(request: HttpRequest, pk: UUID) -> Product:
    product: Product = get_object_or_404(_live(request), pk=pk)
    return product


def _live(request: HttpRequest) -> ProductQuerySet:
    return Product.objects.live().filter(tenant=_tenant(request))


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _writer(request: HttpRequest) -> Tenant:
    if getattr(request, "role", "") == Membership.Role.VIEWER:
        raise PermissionDenied("This key may read items, not change them.")
    return _tenant(request)


def _user(request: HttpRequest) -> UUID | None:
    return request.user.pk if request.user.is_authenticated else None


def _by(request: HttpRequest) -> dict[str, Any]:
    user = _user(request)
    return {"by": str(user)} if user else {}
