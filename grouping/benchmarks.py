"""How fast vectors become groups, and how fast an edit of a large batch is answered."""

import json
import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.test.utils import CaptureQueriesContext
from sklearn.cluster import AgglomerativeClustering

from carousel.benchmarks import crowd, dedup
from carousel.benchmarks.contest import Contest, Result, timed
from carousel.models import ApiKey, Tenant
from grouping import edits, history
from grouping.calibration import default_for
from grouping.clustering import PhotoFacts, propose
from grouping.history import Asked, Scope
from grouping.models import Group, GroupPhoto, Review
from imaging.models import Batch, Photo
from imaging.pixels import descriptor

SIZES = (1_000, 5_000, 20_000)
SHOTS = 4
"""Photos of one item."""
SPREAD = 0.35
ALIKE = 0.3
"""Cosine distance at which the peers join: near what the vectors were made with."""
EDITS = 200

Vectors = npt.NDArray[np.float32]


def grouping(*, is_quick: bool) -> Contest:
    """Vectors in memory to groups. The figure is that of the middle size; once at the others."""
    sizes = (200, 400, 800) if is_quick else SIZES
    middle = sizes[1]
    peers, missing = _rivals()
    return Contest(
        name="grouping",
        work=f"{middle} vectors of {descriptor.DIMENSIONS} numbers to groups",
        goal="fastest at each size; exponent <= 1.3 beyond the middle one",
        ours=timed(lambda: _proposed(middle)),
        peers={name: timed(partial(group, middle)) for name, group in peers.items()},
        met=lambda found: _is_fastest(found) and found.facts["exponent beyond the middle"] <= 1.3,
        facts=lambda: _growth(sizes, peers),
        missing=missing,
        runs=3,
    )


def review(*, is_quick: bool) -> Contest:
    """Edits over HTTP on a batch of 1,000 photos; the figure is the 95th percentile in seconds."""
    batch = _crowd(30 if is_quick else 250)
    tenant = batch.tenant
    _, token = ApiKey.issue(tenant, "benchmark", role="manager")
    number = 20 if is_quick else EDITS
    return Contest(
        name="review",
        work=f"{number} moves of a photo in a batch of {batch.photos.count()} photos, over HTTP",
        goal="p95 <= 50 ms, queries constant",
        ours=lambda: _edited(batch, token, number).percentile(95),
        peers={},
        met=lambda found: (
            found.ours <= 0.05 and found.facts["queries"] == found.facts["queries of a small batch"]
        ),
        facts=lambda: _queries(batch),
        runs=3,
    )


def _is_fastest(found: Result) -> bool:
    elsewhere = [fact for name, fact in found.facts.items() if " x ours at " in name]
    return all(ratio >= 1 for ratio in (*elsewhere, *(each[1] for each in found.ratios.values())))


@cache
def _made(number: int) -> Vectors:
    """Items in shooting order, `SHOTS` photos each around a look of its own."""
    chance = np.random.default_rng(number)
    looks = chance.standard_normal((number // SHOTS, descriptor.DIMENSIONS))
    shots = np.repeat(looks, SHOTS, axis=0)
    shots += SPREAD * chance.standard_normal(shots.shape)
    return np.asarray(shots / np.linalg.norm(shots, axis=1, keepdims=True), np.float32)


def _proposed(number: int) -> None:
    photos = [
        PhotoFacts(id=f"{place:06}", vector=vector, model=descriptor.MODEL, index=place)
        for place, vector in enumerate(_made(number))
    ]
    propose(photos, calibration=default_for(descriptor.MODEL))


def _agglomerated(number: int) -> None:
    AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=ALIKE
    ).fit(_made(number))


def _rivals() -> tuple[dict[str, Callable[[int], object]], dict[str, str]]:
    """What others would group that many vectors with, and what of it is not here."""
    peers: dict[str, Callable[[int], object]] = {"scikit-learn agglomerative": _agglomerated}
    finder = dedup.encoder()
    if finder is None:
        return peers, {"imagededup find_duplicates": dedup.MISSING}
    twins = partial(dedup.twins, finder, alike=1 - ALIKE)
    return peers | {"imagededup find_duplicates": lambda number: twins(vectors=_made(number))}, {}


def _growth(
    sizes: tuple[int, ...], peers: Mapping[str, Callable[[int], object]]
) -> dict[str, float]:
    """Seconds at each size, the exponents between neighbours (1 is linear), and the peers' share.

    The peers run once at the smallest and the largest size: the middle one has its rounds.
    """
    taken = {size: timed(partial(_proposed, size))() for size in sizes}
    theirs = {
        f"{name} x ours at {size}": timed(partial(group, size))() / taken[size]
        for name, group in peers.items()
        for size in (sizes[0], sizes[-1])
    }
    exponents = [
        float(np.log(taken[large] / taken[small]) / np.log(large / small))
        for small, large in pairwise(sizes)
    ]
    seconds = {f"seconds at {size}": seconds for size, seconds in taken.items()}
    return (
        seconds
        | theirs
        | {
            "exponent up to the middle": exponents[0],
            "exponent beyond the middle": exponents[-1],
        }
    )


def _crowd(items: int) -> Batch:
    """`items` groups of `SHOTS` photos without pictures: an edit never looks at one."""
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    batch = Batch.objects.create(tenant=tenant, name="Crowd")
    photos = Photo.objects.bulk_create(
        Photo(
            tenant=tenant, batch=batch, index=n, filename=f"IMG_{n:04}.jpg", size=1000,
            sha256=uuid4().hex * 2, state=Photo.State.READY,
        )
        for n in range(SHOTS * items)
    )  # fmt: skip
    groups = Group.objects.bulk_create(
        Group(
            tenant=tenant, batch=batch, name=f"Item {item}", band="same", confidence=0.96,
            position=float(SHOTS * item),
        )
        for item in range(items)
    )  # fmt: skip
    GroupPhoto.objects.bulk_create(
        GroupPhoto(tenant=tenant, group=groups[n // SHOTS], photo=photo, position=n % SHOTS)
        for n, photo in enumerate(photos)
    )
    Review.objects.create(tenant=tenant, batch=batch, model=descriptor.MODEL)
    return batch


def _edited(batch: Batch, token: str, number: int) -> crowd.Answers:
    """Photos move to the next group and back again, one request after the other."""
    groups = list(batch.groups.order_by("position").values_list("pk", flat=True)[:40])
    members = dict(GroupPhoto.objects.filter(group__in=groups).values_list("group", "photo"))
    path = f"/api/v1/batches/{batch.pk}/groups/move"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    moves = [_move(groups, members, n) for n in range(number)]
    requests = [crowd.Request("POST", path, headers, json.dumps(move).encode()) for move in moves]
    return crowd.ask(os.environ["BENCHMARK_URL"], requests).expect(200)


def _move(groups: list[UUID], members: Mapping[UUID, UUID], n: int) -> dict[str, Any]:
    """The photo of group n to the next group; after a round over all groups, back home."""
    place, is_home = n % len(groups), n // len(groups) % 2
    to = groups[place] if is_home else groups[(place + 1) % len(groups)]
    return {"photos": [str(members[groups[place]])], "to": f"pg_{to}"}


def _queries(batch: Batch) -> dict[str, float]:
    return {
        "queries": _counted(batch),
        "queries of a small batch": _counted(_crowd(10)),
    }


def _counted(batch: Batch) -> float:
    """Queries of one move, counted in this process."""
    one, two = batch.groups.order_by("position")[1:3]
    photo = GroupPhoto.objects.filter(group=one).values_list("photo", flat=True)[0]
    scope = Scope(groups=[two.pk], photos=[photo])
    with CaptureQueriesContext(connection) as queries:
        history.perform(
            batch,
            Asked(kind="move"),
            scope,
            lambda board: edits.move(board, photos=[photo], group=two.pk),
        )
    return float(len(queries))
