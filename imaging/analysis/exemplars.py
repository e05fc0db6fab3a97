"""The shop's own things as voters: what those that look like a photo's item are called.

A thing becomes a voter when it is listed, because then a person has agreed with its category.
"""

from collections.abc import Sequence
from uuid import UUID

from django.utils.module_loading import import_string
from pgvector.django import CosineDistance

from carousel import wiring
from carousel.models import Event, Product, Tenant
from imaging.analysis import shape
from imaging.analysis.models import Exemplar
from imaging.pixels import descriptor
from imaging.sight.votes import Ballot
from imaging.uploads.models import Embedding

MOST = 40
ALL_BUT_THE_SAME = 0.9
"""Cosine of the built-in descriptor from which colours and texture are no coincidence."""


def ballots(tenant: Tenant, photo_id: UUID, vector: Sequence[float]) -> list[Ballot]:
    """What things of the same shape are called, most alike first; never the photo itself."""
    near = (
        Exemplar.objects.filter(tenant=tenant, model=shape.MODEL)
        .exclude(key=f"photo:{photo_id}")
        .annotate(distance=CosineDistance("vector", list(vector)))
        .order_by("distance")[:MOST]
    )
    return [Ballot(row.category, 1 - row.distance) for row in near]


def brands(tenant: Tenant, vector: Sequence[float]) -> list[Ballot]:
    """The brands of sold things that look all but the same."""
    sold = import_string(wiring.NEIGHBOURS)(tenant, list(vector), descriptor.MODEL, MOST)
    return [
        Ballot(each.brand, each.similarity) for each in sold if each.similarity > ALL_BUT_THE_SAME
    ]


def learn(
    tenant: Tenant, key: str, vector: Sequence[float], *, category: str, brand: str = ""
) -> None:
    """This thing is called so. Learning the same key again replaces what was learned."""
    Exemplar.objects.update_or_create(
        tenant=tenant,
        key=key,
        model=shape.MODEL,
        defaults={"vector": list(vector), "category": category, "brand": brand},
    )


def learn_from(event: Event) -> None:
    """A product was listed or changed: its photos vote from now on, under its category."""
    product = Product.objects.filter(pk=event.subject).first() if event.subject else None
    if product is None or not product.category:
        return
    photos = product.images.values_list("photo_id", flat=True)
    for row in Embedding.objects.filter(photo_id__in=photos, model=shape.MODEL):
        learn(
            product.tenant,
            f"photo:{row.photo_id}",
            list(row.vector),
            category=product.category,
            brand=product.brand,
        )
