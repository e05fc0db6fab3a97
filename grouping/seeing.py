"""Recognises items that the shop has had before, in other batches, and keeps what staff say of it.

Looked for when a batch is grouped, in the background; the pages only read what was found.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from carousel.models import Product, User
from carousel.products.images import ProductImage
from grouping import learning, recognition
from grouping.models import Edit, Encounter, Group, GroupPhoto, Review
from grouping.showing import Shown, shown
from imaging.models import Batch, Embedding

NOT_SOLD = (Product.State.DRAFT, Product.State.LISTED, Product.State.UPDATED)
MOST_PICTURES = 20_000
MOST_KEPT = 2000
WORDS = {
    "draft": "in draft",
    "listed": "live",
    "updated": "live",
    "sold": "sold",
    "delisted": "off sale",
}


@dataclass(frozen=True)
class Seen:
    """A product that a group may be, and how sure that is, 0..1."""

    shown: Shown
    product: Product
    photo_id: UUID | None
    score: float

    @property
    def percent(self) -> int:
        return int(self.score * 100)

    @property
    def standing(self) -> str:
        """ "live", "sold in May", "returned": where the item is now."""
        if self.product.relisted_from_id and self.product.state == Product.State.DRAFT:
            return "returned, in draft"
        word = WORDS[self.product.state]
        since = self.product.sold_at or self.product.delisted_at
        is_over = self.product.state in (Product.State.SOLD, Product.State.DELISTED)
        return f"{word} in {since:%B %Y}" if is_over and since else word

    @property
    def may_be_attached(self) -> bool:
        return self.product.state in NOT_SOLD


def look(batch: Batch, model: str) -> int:
    """Look for each photo of the batch among the shop's products, and keep what is like it."""
    photos = Embedding.objects.filter(
        photo__batch=batch, photo__deleted_at=None, photo__tag={}, model=model
    )
    own = list(photos.order_by("photo__index", "photo").values_list("photo", "vector"))
    known = _known(batch, model)
    found = recognition.recognised(
        [vector for _, vector in own], known, learning.calibration_of(batch.tenant, model)
    ) if own else []  # fmt: skip
    best = sorted(found, key=lambda each: -each.score)[:MOST_KEPT]
    seen = [[str(own[each.photo][0]), each.product, each.score] for each in best]
    Review.objects.update_or_create(
        batch=batch, defaults={"tenant_id": batch.tenant_id, "seen": seen}
    )
    return len(seen)


def of_group(group: Group) -> list[Seen]:
    """The three products that this group is most like, without those that staff told apart."""
    return _seen(group.batch, [group])[: recognition.BEST]


def of_batch(batch: Batch) -> list[Seen]:
    """For each open group the product that it is most like, the surest first."""
    groups = Group.objects.filter(batch=batch).open().in_order()
    firsts: dict[UUID, Seen] = {}
    for each in _seen(batch, groups):
        firsts.setdefault(each.shown.group.pk, each)
    return sorted(firsts.values(), key=lambda each: -each.score)


def told(
    group: Group, product: Product, verdict: str, user: User | None, edit: Edit | None = None
) -> None:
    """Remember what a person said of this group's photos and this product."""
    Encounter.objects.bulk_create(
        [
            Encounter(
                tenant_id=product.tenant_id,
                photo_id=photo,
                product=product,
                verdict=verdict,
                user=user,
                edit=edit,
            )
            for photo in photos_of(group)
        ],
        update_conflicts=True,
        unique_fields=["photo", "product"],
        update_fields=["verdict", "user", "edit"],
    )


def _known(batch: Batch, model: str) -> recognition.Known:
    """The newest pictures of the shop's products that came from other batches."""
    images = ProductImage.objects.filter(tenant=batch.tenant, product__deleted_at=None)
    images = images.exclude(product__batch_id=batch.pk).order_by("-created_at")
    shows = dict(images.values_list("photo_id", "product")[:MOST_PICTURES])
    found = Embedding.objects.filter(photo__in=list(shows), model=model)
    rows = list(found.values_list("photo", "vector"))
    return recognition.Known(
        [vector for _, vector in rows], [str(shows[photo]) for photo, _ in rows]
    )


def _seen(batch: Batch, groups: Collection[Group]) -> list[Seen]:
    """Group by group, the best of its photos for each product."""
    kept = Review.objects.filter(batch=batch).values_list("seen", flat=True).first() or []
    if not kept:
        return []
    scores = _by_group(groups, [(UUID(a), UUID(b), score) for a, b, score in kept])
    products = _products(batch, {product for of in scores.values() for product in of})
    cards = {card.group.pk: card for card in shown([g for g in groups if g.pk in scores])}
    return [
        Seen(cards[group], products[product], _picture(products[product]), score)
        for group, of in scores.items()
        for product, score in sorted(of.items(), key=lambda pair: -pair[1])
        if group in cards and product in products
    ]


def _by_group(
    groups: Collection[Group], kept: list[tuple[UUID, UUID, float]]
) -> Mapping[UUID, dict[UUID, float]]:
    members = GroupPhoto.objects.filter(group__in=list(groups), photo__deleted_at=None)
    holder = dict(members.values_list("photo", "group"))
    said = (
        Encounter.objects.standing().filter(photo__in=list(holder)).values_list("photo", "product")
    )
    settled = {(holder[photo], product) for photo, product in said}
    scores: dict[UUID, dict[UUID, float]] = defaultdict(dict)
    for photo, product, score in kept:
        group = holder.get(photo)
        if group and (group, product) not in settled:
            scores[group].setdefault(product, score)
    return scores


def _products(batch: Batch, ids: Collection[UUID]) -> dict[UUID, Product]:
    there = Product.objects.live().filter(tenant=batch.tenant, pk__in=ids)
    return {product.pk: product for product in there.prefetch_related("images")}


def _picture(product: Product) -> UUID | None:
    images = sorted(product.images.all(), key=lambda each: (not each.is_primary, each.position))
    return next((each.photo_id for each in images), None)


def photos_of(group: Group) -> list[UUID]:
    there = GroupPhoto.objects.filter(group=group, photo__deleted_at=None)
    return list(there.order_by("position", "id").values_list("photo", flat=True))
