"""What staff decide about damage, and everything that follows from it.

Confirming one box changes the item's condition, both texts, its price and adds an honest close-up.
All of it follows from the box, so taking the decision back restores all of it.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from PIL import Image

from carousel import storage
from carousel.errors import GiveUp, Refused
from carousel.events.outbox import record
from carousel.models import Product, ProductImage, User
from imaging.analysis.models import Analysis, Defect
from imaging.jobs import pipeline
from imaging.pixels import derive, guard
from imaging.pixels.errors import Rejected
from imaging.sight.defects import Box
from imaging.uploads.models import Photo

State = Defect.State
ROOM = 1.8
"""How many times larger than the box the close-up is."""
CLOSE_UP_SIDE = 800


@dataclass(frozen=True)
class Marked:
    """A box that a person drew, with what it shows."""

    kind: str
    severity: str
    box: Box


def decide(product: Product, defect: Defect, state: str, user: User) -> None:
    """Confirm or dismiss a box, or take that back ("candidate"). Refused once it is sold."""
    _refuse_closed(product)
    close_up = _close_up(defect) if state == State.CONFIRMED else None
    with transaction.atomic():
        moved = Defect.objects.filter(pk=defect.pk).exclude(state=state).update(state=state)
        if not moved:
            return
        defect.state = state
        _show(product, defect, close_up)
        _tell(product, defect, user)


def mark(product: Product, photo: Photo, marked: Marked, user: User) -> Defect:
    """A person found damage that no model saw. It counts at once. Refused without an analysis."""
    _refuse_closed(product)
    analysis = Analysis.objects.current().filter(photo=photo).first()
    if analysis is None:
        raise Refused("This photo is not analysed yet. Try again in a moment.")
    box = marked.box
    with transaction.atomic():
        defect = Defect.objects.create(
            tenant=product.tenant,
            analysis=analysis,
            kind=marked.kind,
            severity=marked.severity,
            confidence=1.0,
            x=box.x,
            y=box.y,
            width=box.width,
            height=box.height,
            state=State.CONFIRMED,
        )
        _show(product, defect, _close_up(defect))
        _tell(product, defect, user)
    return defect


def change(product: Product, defect: Defect, kind: str, severity: str, user: User) -> None:
    """Call the damage by its right name. Its decision stands."""
    _refuse_closed(product)
    with transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(kind=kind, severity=severity)
        defect.refresh_from_db()
        _tell(product, defect, user)


def variant_of(defect_id: UUID) -> str:
    """The name of the close-up among a picture's files."""
    return f"close-{str(defect_id)[:8]}"


def place(defect: Defect) -> Box:
    """The part of the upright photo that the close-up shows: the box with room around it."""
    width, height = min(1.0, defect.width * ROOM + 0.05), min(1.0, defect.height * ROOM + 0.05)
    middle = defect.x + defect.width / 2, defect.y + defect.height / 2
    left = min(max(middle[0] - width / 2, 0.0), 1 - width)
    top = min(max(middle[1] - height / 2, 0.0), 1 - height)
    return Box(left, top, width, height)


def _refuse_closed(product: Product) -> None:
    if product.state in (Product.State.SOLD, Product.State.DELISTED):
        raise Refused(f"{product} is {product.state}: nothing about it changes any more.")


def _close_up(defect: Defect) -> dict[str, object] | None:
    """Cut from the original in the upright photo, never from something smaller.

    None where there is no original any more: the damage counts without its close-up.
    """
    photo = defect.analysis.photo
    try:
        image = guard.guarded_open(photo.read())
    except (Rejected, GiveUp):
        return None
    box = place(defect)
    across, down = image.size
    crop = image.convert("RGB").crop(
        (
            round(box.x * across),
            round(box.y * down),
            max(round((box.x + box.width) * across), round(box.x * across) + 1),
            max(round((box.y + box.height) * down), round(box.y * down) + 1),
        )
    )
    return _stored(photo, defect, crop)


def _stored(photo: Photo, defect: Defect, crop: Image.Image) -> dict[str, object]:
    content = derive.thumbnail(crop, CLOSE_UP_SIDE)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"photos/{photo.tenant_id}/{photo.pk}/{variant_of(defect.pk)}-{sha256[:16]}.webp"
    storage.save_bytes(key, content)
    return {"key": key, "sha256": sha256, "size": len(content)}


def _show(product: Product, defect: Defect, close_up: dict[str, object] | None) -> None:
    """The close-up belongs to the picture of its photo, as long as the damage is confirmed."""
    name = variant_of(defect.pk)
    photo = Photo.objects.select_for_update().get(pk=defect.analysis.photo_id)
    image = ProductImage.objects.filter(product=product, photo_id=photo.pk).first()
    for row in (photo, image):
        if row is None:
            continue
        files = {key: value for key, value in row.files.items() if key != name}
        type(row).objects.filter(pk=row.pk).update(
            files=files | ({name: close_up} if close_up else {})
        )


def _tell(product: Product, defect: Defect, user: User) -> None:
    """The event, and the work that brings condition, texts, price and rating up to date."""
    record(
        product.tenant,
        f"defect.{defect.state}",
        subject=product.pk,
        defect=str(defect.pk),
        damage=defect.kind,
        severity=defect.severity,
        by=str(user.pk),
    )
    pipeline.start(product.tenant, "listing", product.pk)
