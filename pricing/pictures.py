"""The picture side of a product: its vector, made when missing, and how good the picture is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from carousel import fetching
from carousel.errors import GiveUp
from carousel.models import Product, Tenant
from imaging.models import Embedding, Photo
from imaging.pixels import cutout, descriptor, guard
from imaging.pixels.errors import Rejected
from imaging.uploads import photos as uploaded


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
    if found:
        return [float(value) for value in found.vector]
    if settings.EMBEDDING_MODEL == descriptor.MODEL and photo.has("cutout"):
        return _described(photo)
    return None


def _described(photo: Photo) -> list[float] | None:
    try:
        vector: list[float] = descriptor.describe(uploaded.described_pixels(photo)).tolist()
    except GiveUp:  # the file is gone: the item is priced by its description
        return None
    Embedding.objects.keep(photo, descriptor.MODEL, vector)
    return vector


def of_references(tenant: Tenant, references: Sequence[str]) -> Picture:
    """From ids of uploaded photos and https addresses: the first that can be described.

    GiveUp for a photo that is not there, Refused for an address that may not be opened.
    """
    for reference in references:
        picture = _of_address(reference) if "://" in reference else _of_photo(tenant, reference)
        if picture.vector is not None:
            return picture
    return Picture()


def _of_photo(tenant: Tenant, reference: str) -> Picture:
    try:
        photo = Photo.objects.live().filter(tenant=tenant, pk=UUID(reference)).first()
    except ValueError:
        photo = None
    if photo is None:
        raise GiveUp(f"There is no photo {reference[:40]}.")
    return Picture(vector_of(photo), settings.EMBEDDING_MODEL, quality_of(photo))


def _of_address(url: str) -> Picture:
    """Fetched by the one fetcher, opened safely, cut out and described; nothing is kept."""
    if settings.EMBEDDING_MODEL != descriptor.MODEL:
        return Picture()
    vector = described(fetching.fetch(url).content)
    return Picture(vector, descriptor.MODEL)


def described(data: bytes) -> list[float]:
    """The vector of a picture's cut-out. GiveUp for what is no picture."""
    try:
        image = guard.guarded_open(data, cutout.MAX_SIDE)
    except Rejected as error:
        raise GiveUp(error.sentence) from error
    found = cutout.cut_out(image, settings.CUTOUT_MODEL)
    return [float(value) for value in descriptor.describe(found.image)]


def quality_of(photo: Photo) -> float | None:
    score = photo.quality.get("score")
    if not isinstance(score, int | float) or not math.isfinite(score):
        return None
    return min(max(float(score), 0.0), 1.0)
