"""What is put before a model about one photo: its picture, its cut-out, and what is like it."""

import numpy as np

from carousel.models import Product
from imaging.analysis import exemplars, shape
from imaging.inference import chains
from imaging.inference.answers import Look
from imaging.pixels import descriptor
from imaging.uploads import photos
from imaging.uploads.models import Embedding, Photo

MOST_CATEGORIES = 60


def to_classify(photo: Photo) -> Look:
    """With the ballots of the shop's own things."""
    cutout = photos.cutout_pixels(photo)
    own = photo.embeddings.filter(model=descriptor.MODEL).first()
    return Look(
        picture=_picture(photo, "classify"),
        cutout=cutout,
        ballots=exemplars.ballots(photo.tenant, photo.pk, _shape(photo, cutout)),
        brands=exemplars.brands(photo.tenant, list(own.vector)) if own else (),
        categories=_categories(photo),
    )


def at(photo: Photo, capability: str) -> Look:
    return Look(picture=_picture(photo, capability), cutout=photos.cutout_pixels(photo))


def _shape(photo: Photo, cutout: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> list[float]:
    vector = [float(value) for value in shape.describe(cutout)]
    Embedding.objects.keep(photo, shape.MODEL, vector)
    return vector


def _picture(photo: Photo, capability: str) -> bytes:
    return photo.read("1280") if chains.goes_outside(capability) else b""


def _categories(photo: Photo) -> list[str]:
    used = Product.objects.filter(tenant=photo.tenant).exclude(category="")
    return list(used.order_by().values_list("category", flat=True).distinct()[:MOST_CATEGORIES])
