"""A photo's first three steps: look inside it, cut the item out, describe it as a vector.

Each fetches the photo, calls the pure code in `imaging.pixels`, and keeps what comes back. Each may
run twice: files are named by their content and rows are upserted.
"""

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
        small = derive.thumbnails(largest)
        photo.keep({str(side): picture for side, picture in small.items()})
    with timings.named("card"):
        card = read_tag(largest)
    photos.inspected(photo, seen, card)
    kept.keep(photo.sha256, image)
    step.result = timings.result() | {"width": seen.width, "height": seen.height}


def cutout(step: Step) -> None:
    """The item without its background, as WebP with transparency, and what looks wrong with it."""
    photo = photos.photo_of(step)
    timings = Timings()
    with timings.named("open"):
        image = _opened(photo)
    with timings.named("model"):
        cut = cutting.cut_out(image, settings.CUTOUT_MODEL)
    with timings.named("store"):
        photo.keep(derive.with_small("cutout", cut.image))
    kept.keep(photo.files["cutout"]["key"], cut.image.getchannel("A"))
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
        picture = photo.read("cutout") if chains.goes_outside("embed") else b""
        look = Look(picture, photos.described_pixels(photo))
    with timings.named("model"):
        made = chains.ask("embed", look, photo.tenant, photo.pk)
        model = descriptor.MODEL if made.locally else made.model
        Embedding.objects.keep(photo, model, cast(Embedded, made.value).vector)
    if not made.locally:
        with timings.named("descriptor"):
            own = descriptor.describe(look.cutout).tolist()
            Embedding.objects.keep(photo, descriptor.MODEL, own)
    return model


def _opened(photo: Photo) -> Image.Image:
    if image := kept.take(photo.sha256):
        return image
    try:
        return guard.guarded_open(photo.read(), cutting.MAX_SIDE)
    except (Rejected, Changed) as error:
        photos.reject(photo, str(error))
        raise GiveUp(str(error)) from error
