"""The picture side of a product: its vector, made when missing, and how good the picture is."""

import math
from dataclasses import dataclass

from django.conf import settings

from carousel.errors import GiveUp
from carousel.models import Product
from imaging import steps as imaging_steps
from imaging.models import Embedding, Photo
from imaging.pixels import descriptor


@dataclass(frozen=True)
class Picture:
    """`vector` has norm 1; `quality` is 0-1, None when nobody judged it."""

    vector: list[float] | None = None
    model: str = ""
    quality: float | None = None


def of_product(product: Product) -> Picture:
    """From the product's primary photo, or the first that can be described."""
    for photo in photos(product):
        vector = vector_of(photo)
        if vector is not None:
            return Picture(vector, settings.EMBEDDING_MODEL, quality_of(photo))
    return Picture()


def photos(product: Product) -> list[Photo]:
    """The product's photos, the primary one first."""
    images = product.images.order_by("-is_primary", "position").values_list("photo_id", flat=True)
    found = Photo.objects.live().filter(tenant=product.tenant).in_bulk(list(images)[:6])
    return [found[key] for key in images if key in found]


def vector_of(photo: Photo) -> list[float] | None:
    """The stored vector; described now from the stored cut-out, and kept, when there is none."""
    found = photo.embeddings.filter(model=settings.EMBEDDING_MODEL).first()
    if found is None and settings.EMBEDDING_MODEL == descriptor.MODEL and photo.has("cutout"):
        found = _describe(photo)
    return [float(value) for value in found.vector] if found else None


def _describe(photo: Photo) -> Embedding | None:
    try:
        vector = descriptor.describe(imaging_steps.cutout_pixels(photo))
    except GiveUp:  # the file is gone: the item is priced by its description
        return None
    made, _ = Embedding.objects.update_or_create(
        photo=photo,
        model=descriptor.MODEL,
        defaults={"tenant_id": photo.tenant_id, "vector": vector.tolist()},
    )
    return made


def quality_of(photo: Photo) -> float | None:
    score = photo.quality.get("score")
    if not isinstance(score, int | float) or not math.isfinite(score):
        return None
    return min(max(float(score), 0.0), 1.0)
