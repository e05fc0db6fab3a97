"""The pictures of an item over the JSON API: which there are, and which comes first."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from carousel.products import conditional, schemas
from carousel.products.models import Product
from carousel.tenants.models import Tenant

router = Router(tags=["products"])


@router.get(
    "/{uuid:pk}/pictures",
    response=list[schemas.Picture],
    operation_id="list_product_pictures",
    summary="The pictures of an item",
)
def pictures(request: HttpRequest, response: HttpResponse, pk: UUID) -> Any:
    """In their order, with links that are signed now. At most a few dozen, so in one piece."""
    product = _one(request, pk)
    response["ETag"] = conditional.tag(product)
    return [schemas.picture(request, image) for image in product.images.all()]


@router.put(
    "/{uuid:pk}/pictures/{uuid:picture_id}/primary",
    response=list[schemas.Picture],
    operation_id="put_primary_picture",
    openapi_extra=conditional.TOLD,
    summary="Show this picture first",
)
def make_primary(request: HttpRequest, response: HttpResponse, pk: UUID, picture_id: UUID) -> Any:
    """Show this picture first. Harmless when it is. Needs `If-Match`."""
    product = _one(request, pk)
    version = conditional.wanted_version(request, product)
    picture = get_object_or_404(product.images, pk=picture_id)
    picture.make_primary(version=version, by=str(request.user.pk or "key"))
    return pictures(request, response, pk)


def _one(request: HttpRequest, pk: UUID) -> Product:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    live = Product.objects.live().filter(tenant=tenant).prefetch_related("images")
    product: Product = get_object_or_404(live, pk=pk)
    return product
