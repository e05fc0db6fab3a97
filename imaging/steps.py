"""A photo's first three steps: look inside it, cut the item out, describe it as a vector.

Each fetches the photo, calls the pure code in `imaging.pixels`, and keeps what comes back. Each may
run twice: files are named by their content and rows are upserted.
"""

from collections.abc import Sequence
from typing import cast

from django.conf import settings
from PIL import Image

from carousel.errors import GiveUp
from imaging.inference import chains
from imaging.inference.answers import Embedded, Look
from imaging.jobs.models import Step
from imaging.pixels import cutout as cutting
from imaging.pixels import derive, descriptor, guard, kept
from imaging.pixels.errors import Rejected
from imaging.pixels.tags import read_tag
from imaging.studio import treating
from imaging.timing import Timings
from imaging.uploads import photos
from imaging.uploads.models import Changed, Embedding, Photo

CUTOUT_QUALITY = 85


def inspect(step: Step) -> None:
    """Header, hash, type, size, capture time, a consignor's card, thumbnails without metadata."""
    photo = photos.photo_of(step)
    timings = Timings()
    try:
        with timings.named("read"):
            data = photo.read()
        with timings.named("open"):
            seen = guard.guarded_inspect(data)
            image = guard.guarded_open(data, cutting.MAX_SIDE)
    except (Rejected, Changed) as error:
        photos.reject(photo, str(error))
        raise GiveUp(str(error)) from error
    with timings.named("thumbnails"):
        largest = derive.largest(image)
        for side, picture in derive.thumbnails(largest).items():
            photo.keep(str(side), picture)
    with timings.named("card"):
        card = read_tag(largest)
    photos.inspected(photo, seen, card)
    kept.keep(photo.sha256, cutting.MAX_SIDE, image)
    step.result = timings.result() | {"width": seen.width, "height": seen.height}


def cutout(step: Step) -> None:
    """The item without its background, as WebP with transparency, and what looks wrong with it."""
    photo = photos.photo_of(step)
    timings = Timings()
    with timings.named("open"):
        image = _opened(photo, cutting.MAX_SIDE)
    with timings.named("model"):
        cut = cutting.cut_out(image, settings.CUTOUT_MODEL)
    with timings.named("store"):
        photo.keep("cutout", derive.as_webp(cut.image, quality=CUTOUT_QUALITY))
        photo.keep("cutout-320", derive.thumbnail(cut.image, 320))
    photos.cut(photo, model=cut.model, is_fallback=cut.is_fallback, faults=list(cut.faults))
    treating.treat_by_itself(photo)
    step.model = cut.model
    step.result = timings.result() | {"box": list(cut.box)}


def embed(step: Step) -> None:
    """The vector of the cut-out crop, stored under its model's name.

    The built-in descriptor's is always kept as well: vectors of two models are never compared.
    """
    timings = Timings()
    step.model = compare(photos.photo_of(step), timings)
    step.result = timings.result()


def compare(photo: Photo, timings: Timings) -> str:
    """Keep the photo's vectors. Returns the name of the model that the chain came to."""
    with timings.named("open"):
        look = Look(picture=photo.read("cutout"), cutout=photos.described_pixels(photo))
    with timings.named("model"):
        made = chains.ask("embed", look, photo.tenant, photo.pk)
        model = descriptor.MODEL if made.locally else made.model
        _keep(photo, model, cast(Embedded, made.value).vector)
    if not made.locally:
        with timings.named("descriptor"):
            _keep(photo, descriptor.MODEL, descriptor.describe(look.cutout).tolist())
    return model


def _keep(photo: Photo, model: str, vector: Sequence[float]) -> None:
    Embedding.objects.update_or_create(
        photo=photo,
        model=model,
        defaults={"tenant_id": photo.tenant_id, "vector": list(vector)},
    )


def _opened(photo: Photo, max_side: int) -> Image.Image:
    if image := kept.take(photo.sha256, max_side):
        return image
    try:
        return guard.guarded_open(photo.read(), max_side)
    except (Rejected, Changed) as error:
        photos.reject(photo, str(error))
        raise GiveUp(str(error)) from error
