"""Makes another picture of a photo on a person's word. The original is never touched."""

import io
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import transaction
from PIL import Image

from carousel.errors import GiveUp, Refused
from carousel.models import ProductImage, Tenant
from imaging.pixels import cutout as cutting
from imaging.pixels import derive, enhance, guard, studio, weights
from imaging.pixels.cutout import Cutout
from imaging.pixels.errors import Rejected
from imaging.uploads import photos
from imaging.uploads.models import Photo

SHOP = "shop"
"""The variant that the storefront shows first, once somebody has chosen one."""
OUR_SHOP = "our shop"
SAME_FRAME = ("cutout", "original", "enhanced")
CHOICES = (*SAME_FRAME, "studio")


@dataclass(frozen=True)
class Treatment:
    """`what` is one of CHOICES; `preset` names a studio preset."""

    what: str
    preset: str = studio.WHITE_SQUARE.name


def presets(tenant: Tenant) -> dict[str, studio.Preset]:
    """The shop's own preset first, then ours."""
    own = tenant.options.studio
    made = studio.Preset(
        OUR_SHOP,
        margin=own.margin,
        background=own.background or None,
        shadow=own.shadow,
        square=own.square,
        long_side=own.long_side,
    )
    return {preset.name: preset for preset in (made, *studio.PRESETS)}


@dataclass(frozen=True)
class Offer:
    """A way to cut out; one whose weights are not on this machine can only be named."""

    model: str
    is_here: bool


def other_models(photo: Photo) -> list[Offer]:
    """What could cut this photo out instead of what did, what is at hand first."""
    names = [name for name in (*weights.MANIFEST, cutting.GRABCUT) if name != photo.cutout_model]
    offers = [Offer(name, name == cutting.GRABCUT or weights.is_here(name)) for name in names]
    return sorted(offers, key=lambda offer: not offer.is_here)


def cut_again(photo: Photo, model: str) -> None:
    """Another model's cut-out in place of this one. Refused when its weights are not here."""
    if model not in (*weights.MANIFEST, cutting.GRABCUT):
        raise Refused(f"There is no model called {model}.")
    cut = cutting.cut_out(opened(photo), model)
    if cut.is_fallback:
        raise Refused(f"The weights of {model} are not on this machine: see the README.")
    photo.keep(derive.with_small("cutout", cut.image))
    photos.cut(photo, model=cut.model, is_fallback=False, faults=list(cut.faults))
    _pass_on(photo, "cutout", "cutout-320")


def treat(photo: Photo, treatment: Treatment) -> None:
    """Make the picture and show it in the shop, in WebP and PNG."""
    if treatment.what not in CHOICES:
        raise Refused("There is no such picture.")
    image = _made(photo, treatment)
    photo.keep(derive.with_small(SHOP, image, quality=90))
    photos.noted(photo, {"shop": treatment.what, "preset": treatment.preset})
    _pass_on(photo, SHOP, f"{SHOP}-320")


def treat_by_itself(photo: Photo) -> None:
    """The shop's own picture, where it wants one of every photo and nobody has to look first."""
    if not photo.tenant.options.studio.automatic:
        return
    photo.refresh_from_db(fields=["faults", "quality"])
    if not photo.faults and not photo.quality.get("shop"):
        treat(photo, Treatment("studio", OUR_SHOP))


def opened(photo: Photo) -> Image.Image:
    """Refused when the stored file has expired: what was not accepted in time is let go."""
    try:
        return guard.guarded_open(photo.read(), cutting.MAX_SIDE)
    except Rejected as error:
        raise Refused(error.sentence) from error
    except GiveUp as gone:
        raise Refused(f"{photo.filename}: {gone} Upload it again.") from gone


def _made(photo: Photo, treatment: Treatment) -> Image.Image:
    if treatment.what == "original":
        return opened(photo)
    cut = stored_cutout(photo)
    if treatment.what == "cutout":
        return cut.image
    if treatment.what == "enhanced":
        return enhance.enhance(_same_size(opened(photo), cut), cut.mask).image
    return studio.compose(_enhanced(photo, cut), presets(photo.tenant)[treatment.preset])


def stored_cutout(photo: Photo) -> Cutout:
    if not photo.has("cutout"):
        raise Refused("This photo is not cut out yet.")
    with Image.open(io.BytesIO(photo.read("cutout"))) as stored:
        image = stored.convert("RGBA")
    mask = np.asarray(image.getchannel("A"))
    return Cutout(
        image=image,
        mask=mask,
        box=cutting.box_of(mask),
        model=photo.cutout_model or settings.CUTOUT_MODEL,
        is_fallback=photo.cutout_is_fallback,
        faults=tuple(photo.faults),
    )


def _same_size(image: Image.Image, cut: Cutout) -> Image.Image:
    return image.convert("RGB").resize(cut.image.size)


def _enhanced(photo: Photo, cut: Cutout) -> Cutout:
    """The cut-out with the mended pixels of the photo inside its mask."""
    mended = enhance.enhance(_same_size(opened(photo), cut), cut.mask).image.convert("RGB")
    mended.putalpha(Image.fromarray(cut.mask))
    return Cutout(mended, cut.mask, cut.box, cut.model, cut.is_fallback, cut.faults)


@transaction.atomic
def _pass_on(photo: Photo, *variants: str) -> None:
    """Products that show this photo show the new picture."""
    photo.refresh_from_db()
    new = {name: photo.files[name] for name in variants if name in photo.files}
    ProductImage.objects.filter(tenant=photo.tenant, photo_id=photo.pk).show(new)
