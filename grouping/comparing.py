"""Whose vectors are compared: one model for a whole batch, never two.

The models go by the order of the settings: an encoder of one's own, the cloud's, the built-in
descriptor, which describes every photo. A batch is compared by the first that saw all of it.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from grouping.models import Review
from imaging.inference import chains
from imaging.models import Batch, Embedding
from imaging.pixels import descriptor


def model_of(batch: Batch) -> str:
    """The model that compares the photos of this batch when they are grouped now."""
    seen = Embedding.objects.filter(photo__batch=batch, photo__deleted_at=None)
    counts = dict(seen.values_list("model").annotate(number=Count("pk")))
    most = max(counts.values(), default=0)
    known = [model for model in preferred() if most and counts.get(model, 0) == most]
    return known[0] if known else max(counts, key=lambda m: (counts[m], m), default=preferred()[-1])


def grouped_by(batch: Batch) -> str:
    """The model by which the batch was grouped, so that a reason has the scale of its group; before
    that the descriptor, which saw every photo."""
    found = Review.objects.filter(batch=batch).values_list("model", flat=True).first()
    return found or descriptor.MODEL


def preferred() -> list[str]:
    """The names that vectors carry, best first."""
    asked = [arm.name for place in chains.chain_of("embed") for arm in place]
    names = [_carried(name) for name in asked]
    own = [] if settings.EMBEDDING_MODEL == descriptor.MODEL else [settings.EMBEDDING_MODEL]
    return list(dict.fromkeys([*own, *names, descriptor.MODEL]))


def vectors(photos: Collection[UUID], model: str) -> Mapping[UUID, object]:
    """Photo -> its vector (1024,) by this model, where it has one."""
    found = Embedding.objects.filter(photo__in=photos, model=model)
    return dict(found.values_list("photo", "vector"))


def _carried(provider: str) -> str:
    kind, _, name = provider.partition("/")
    return descriptor.MODEL if kind == "local" else name
