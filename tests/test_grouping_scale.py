"""Grouping at a thousand, five thousand and twenty thousand photos: how the time grows."""

import math
import sys
import time
from itertools import pairwise

import numpy as np
import pytest

from grouping import regrouping
from imaging.models import Batch, Embedding, Photo
from tests.makers import make_batch

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SIZES = (1000, 5000, 20_000)
EACH = 4
AT_ONCE = 2000


def make_large(photos: int) -> Batch:
    """Items of four photos each; what is not their own is noise."""
    batch, numbers = make_batch(name=f"{photos}"), np.random.default_rng(photos)
    for start in range(0, photos, AT_ONCE):
        rows = Photo.objects.bulk_create(
            Photo(
                tenant=batch.tenant, batch=batch, index=n, filename=f"IMG_{n}.jpg", size=1,
                sha256=f"{n:064}",
            )
            for n in range(start, min(start + AT_ONCE, photos))
        )  # fmt: skip
        centres = np.repeat(numbers.normal(size=(len(rows) // EACH, 1024)), EACH, axis=0)
        vectors = centres + 0.6 * numbers.normal(size=centres.shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        Embedding.objects.bulk_create(
            Embedding(tenant=batch.tenant, photo=photo, model="carousel-descriptor-1", vector=row)
            for photo, row in zip(rows, vectors, strict=True)
        )
    return batch


@pytest.mark.timeout(1500)
def test_every_item_is_found_at_each_size_and_the_time_is_told(capsys: pytest.CaptureFixture[str]):
    taken = {}
    for photos in SIZES:
        batch = make_large(photos)
        started = time.perf_counter()
        plan = regrouping.plan(batch)
        taken[photos] = time.perf_counter() - started
        assert len(plan.proposal.groups) == photos // EACH

    growth = [
        math.log(taken[more] / taken[fewer]) / math.log(more / fewer)
        for fewer, more in pairwise(SIZES)
    ]
    with capsys.disabled():
        said = ", ".join(f"{photos} photos {seconds:.1f} s" for photos, seconds in taken.items())
        sys.stdout.write(f"\n{said}; exponents {', '.join(f'{each:.2f}' for each in growth)}\n")
