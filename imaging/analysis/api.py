"""What the models say of a photo or of an item, over the JSON API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from carousel.models import ProductImage, Tenant
from imaging.analysis.models import Analysis
from imaging.uploads.models import Photo

router = Router(tags=["analyses"])


class AttributeOut(Schema):
    """One fact; `source` says whether a model or a person knows it."""

    name: str = Field(examples=["colour"])
    value: str = Field(examples=["navy"])
    confidence: float = Field(ge=0, le=1)
    source: Literal["model", "staff"]


class DefectOut(Schema):
    """Where the item is damaged, in shares of the upright photo; x, y is the top left."""

    id: UUID
    kind: str = Field(examples=["stain"])
    severity: Literal["minor", "moderate", "major"]
    state: Literal["candidate", "confirmed", "dismissed"]
    confidence: float
    x: float
    y: float
    width: float
    height: float


class AnalysisOut(Schema):
    """`label` empty: unknown. `made_locally`: no model outside this house was asked."""

    id: UUID
    photo_id: UUID
    status: Literal["completed", "failed"]
    model: str
    model_version: str
    made_by_fallback: bool
    made_locally: bool
    label: str
    confidence: float
    attributes: list[AttributeOut]
    defects: list[DefectOut]
    error_message: str
    processing_time_ms: int
    created_at: datetime


class Pending(Schema):
    """The photo is here and its analysis is not made yet; ask again."""

    photo_id: UUID
    status: Literal["pending"] = "pending"


class AnalysisList(Schema):
    items: list[AnalysisOut]
    pending: list[UUID] = Field(description="Photos of the item that are not analysed yet.")


@router.get(
    "/photos/{uuid:photo_id}",
    response={200: AnalysisOut, 202: Pending},
    operation_id="get_photo_analysis",
    summary="The analysis of a photo",
)
def of_photo(request: HttpRequest, photo_id: UUID) -> Any:
    """The analysis that stands; 202 while it is being made."""
    photo = get_object_or_404(_tenant(request).photos.live(), pk=photo_id)
    found = _current(_tenant(request)).filter(photo=photo).first()
    return found or Status(202, Pending(photo_id=photo.pk))


@router.get(
    "/products/{uuid:product_id}",
    response=AnalysisList,
    operation_id="get_product_analyses",
    summary="The analyses of an item's photos",
)
def of_product(request: HttpRequest, product_id: UUID) -> Any:
    """The analyses of an item's photos, in their order."""
    live = _tenant(request).products.filter(deleted_at=None)
    product = get_object_or_404(live, pk=product_id)
    photos = list(ProductImage.objects.filter(product=product).values_list("photo_id", flat=True))
    there = Photo.objects.live().filter(tenant=_tenant(request), pk__in=photos)
    found = {row.photo_id: row for row in _current(_tenant(request)).filter(photo__in=there)}
    waiting = there.exclude(pk__in=found).values_list("pk", flat=True)
    return {
        "items": [found[photo] for photo in photos if photo in found],
        "pending": list(waiting),
    }


def _current(tenant: Tenant) -> Any:
    rows = Analysis.objects.current().filter(tenant=tenant)
    return rows.prefetch_related("attributes", "defects")


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant
