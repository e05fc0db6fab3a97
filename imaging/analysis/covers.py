"""Which photo comes first: ours by its merits, a person's above it, and what their choices teach.

Each item counts once for the shop and its category: did the first photo stay the one we had put
there, and if not, in what was the other better.
"""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from carousel.models import Event, Product, ProductImage
from imaging.analysis import wording
from imaging.analysis.models import Cover
from imaging.sight import primary
from imaging.uploads.models import Photo

MOST = 500
"""So many of the latest choices of a category count; older ones are forgotten."""


def choose(product: Product) -> None:
    """Put the best photo first, by what this shop prefers, unless a person chose another."""
    images = list(product.images.all())
    looks = [look(photo) for photo in wording.photos_of(product)]
    best = primary.choose(looks, learned(product))
    if best is None or not images:
        return
    ours = {str(images[0].photo_id), suggested(product)}
    product.suggest(
        "primary",
        {"photo": best.key, "reasons": list(best.reasons)},
        confidence=min(1.0, max(0.0, best.score)),
        model="primary-1",
        local=True,
    )
    current = next((image for image in images if image.is_primary), images[0])
    wanted: ProductImage | None = next((i for i in images if str(i.photo_id) == best.key), None)
    if wanted and not wanted.is_primary and str(current.photo_id) in ours:
        wanted.make_primary()
        product.refresh_from_db()


def learned(product: Product) -> Counter[str]:
    """Merit -> how often it made staff of this shop prefer a photo in this category."""
    rows = Cover.objects.filter(tenant=product.tenant_id, category=product.category)
    latest = rows.filter(agrees=False).order_by("-created_at")[:MOST]
    return Counter(merit for row in latest for merit in row.merits)


def agreement(product: Product) -> dict[str, int]:
    """Of how many `items` of the category staff kept our first photo (`agreed`)."""
    return Cover.objects.filter(tenant=product.tenant_id, category=product.category).aggregate(
        items=Count("pk"), agreed=Count("pk", filter=Q(agrees=True))
    )


def hear(event: Event) -> None:
    """A person put another photo first, or published with the one that stands there."""
    is_ours = event.kind == "product.pictured" and not event.data.get("by")
    product = Product.objects.filter(pk=event.subject).first() if event.subject else None
    if product and not is_ours and suggested(product):
        _remember(product)


def suggested(product: Product) -> str:
    """The photo that we would put first, or ""."""
    kept: dict[str, Any] = product.suggested.get("primary", {}).get("value", {})
    return str(kept.get("photo", ""))


def look(photo: Photo) -> primary.Look:
    quality = {name: float(photo.quality.get(name, 0.5)) for name in primary.WEIGHTS}
    return primary.Look(str(photo.pk), **quality)


def _remember(product: Product) -> None:
    chosen = product.images.filter(is_primary=True).values_list("photo_id", flat=True).first()
    if chosen is None:
        return
    agrees = str(chosen) == suggested(product)
    Cover.objects.update_or_create(
        product=product,
        defaults={
            "tenant": product.tenant,
            "category": product.category,
            "agrees": agrees,
            "merits": [] if agrees else _merits(product, chosen),
        },
    )


def _merits(product: Product, chosen: UUID) -> list[str]:
    looks = {str(photo.pk): look(photo) for photo in wording.photos_of(product)}
    theirs, ours = looks.get(str(chosen)), looks.get(suggested(product))
    return list(primary.merits(theirs, ours)) if theirs and ours else []
