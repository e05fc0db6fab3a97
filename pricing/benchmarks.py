"""How fast comparables are found and a price is calculated, among very many sales."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from django.utils.timezone import now

from carousel.benchmarks import crowd
from carousel.benchmarks.contest import Contest, Turn, timed
from carousel.models import ApiKey, Tenant
from pricing import bulk, quoting
from pricing import comparables as finding
from pricing.bulk import CATEGORIES, MODEL
from pricing.comparables import Wanted
from pricing.lessons import rules_of
from pricing.sales import DIMENSIONS
from pricing.traits import Traits

TOP = 20
SALES = int(os.environ.get("BENCHMARK_SALES", "100000"))
AT_ONCE, REQUESTS = 20, 200
UNSEEN = 100_000_000  # numbers from here on are no sale's

Vectors = npt.NDArray[np.float32]


def comparables(*, is_quick: bool) -> Contest:
    """The 20 nearest sales of a category and 90 days, as one item asks for them."""
    number = 2_000 if is_quick else SALES
    tenant, seconds = _filled(number)
    items = _items(tenant, 40)
    peers: dict[str, Turn] = {"load and scan in memory": timed(lambda: _scanned(items[0]))}
    missing = {}
    indexed = _by_faiss(items)
    if indexed:
        peers["faiss HNSW in process"] = timed(indexed)
    else:
        missing["faiss HNSW in process"] = "pip install faiss-cpu (the extra `bench`)"
    return Contest(
        name="comparables",
        work=f"top {TOP} of {number} sales x {DIMENSIONS}, one tenant, category and 90 days",
        goal=">= 20 x load and scan; within 5 x of HNSW in process",
        ours=timed(lambda: [_found(item) for item in items], share=len(items)),
        peers=peers,
        met=lambda found: (
            found.times_faster("load and scan in memory") >= 20
            and found.times_faster("faiss HNSW in process") >= 1 / 5
        ),
        missing=missing,
        facts=lambda: {
            "seconds to build the index": seconds,
            "its recall at 20": _recall(items),
            "its recall, whole shop": _recall(items, wide=True),
        },
    )


def pricing(*, is_quick: bool) -> Contest:
    """POST /pricing/calculate over HTTP for described things. The figure is the p95 in seconds."""
    number = 2_000 if is_quick else SALES
    tenant, _ = _filled(number)
    items = _items(tenant, 100)
    bare = [replace(item, vector=None) for item in items]
    _, token = ApiKey.issue(tenant, "benchmark", role="manager")
    return Contest(
        name="pricing",
        work=f"calculate over HTTP, {number} sales, {AT_ONCE} at once",
        goal="p95 <= 100 ms (the sources allow 2 s)",
        ours=lambda: _calculated(token, AT_ONCE).percentile(95),
        peers={"the sources' limit": lambda: 2.0},
        met=lambda found: found.ours <= 0.1,
        facts=lambda: {
            "p95 of one at a time": _calculated(token, 1).percentile(95),
            "p95 in process, by picture": _p95(items),
            "p95 in process, described": _p95(bare),
        },
        runs=3,
    )


def _filled(number: int) -> tuple[Tenant, float]:
    """A shop of its own with so many sales, and the seconds that its index of looks took."""
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    return tenant, bulk.fill(tenant, number)


def _items(tenant: Tenant, number: int) -> list[Wanted]:
    """Things with pictures that look like what was sold."""
    numbers = np.arange(UNSEEN, UNSEEN + number)
    looks, vectors = bulk.looks_of(numbers)
    return [
        _wanted(tenant, int(each), int(look), vector.tolist())
        for each, look, vector in zip(numbers, looks, vectors, strict=True)
    ]


def _wanted(tenant: Tenant, number: int, look: int, vector: list[float]) -> Wanted:
    category = CATEGORIES[number % len(CATEGORIES)]
    traits = Traits(category, condition="good", title=f"Thing {look}")
    return Wanted(tenant, traits, now(), vector, MODEL)


def _p95(items: list[Wanted]) -> float:
    """Seconds of the whole calculation in process, with a warm cache."""
    turns = [timed(partial(quoting.answer, item)) for item in items]
    _, found = ([turn() for turn in turns] for _ in range(2))
    return float(np.percentile(found, 95))


def _rows(item: Wanted) -> Any:
    rules = rules_of(item.tenant)
    return finding.window(item, item.traits.category.lower(), rules).pictured(MODEL)


def _found(item: Wanted) -> list[tuple[Any, ...]]:
    return finding.nearest(_rows(item), list(item.vector or []), TOP)


def _loaded(item: Wanted) -> tuple[list[Any], Vectors]:
    """Every sale of the category and the window, with its vector, in memory."""
    rows = list(_rows(item).values_list("pk", "vector"))
    vectors = [list(vector) for _, vector in rows]
    return [pk for pk, _ in rows], np.asarray(vectors, np.float32).reshape(-1, DIMENSIONS)


def _scanned(item: Wanted) -> set[Any]:
    """The sources' way: load all, compare all, for each item that is priced."""
    keys, vectors = _loaded(item)
    nearest = np.argsort(-(vectors @ np.asarray(item.vector, np.float32)))[:TOP]
    return {keys[n] for n in nearest}


def _recall(items: list[Wanted], *, wide: bool = False) -> float:
    """Of the 20 most alike above the floor, the share that the index finds.

    In each one's category and window or, `wide`, in the window of the whole shop.
    """
    shares = []
    for item in items:
        rows = _rows(replace(item, traits=Traits()) if wide else item)
        floor, vector = 1 - rules_of(item.tenant).floor, list(item.vector or [])
        exact = {row[0] for row in finding.exact(rows, vector, TOP) if row[1] < floor}
        found = {row[0] for row in finding.indexed(rows, vector, TOP)}
        shares.append(len(found & exact) / max(len(exact), 1))
    return float(np.mean(shares))


def _by_faiss(items: list[Wanted]) -> Callable[[], object] | None:
    """One item among the vectors of its category and window, which are in memory already."""
    try:
        import faiss
    except ImportError:
        return None
    _, vectors = _loaded(items[0])
    index = faiss.IndexHNSWFlat(DIMENSIONS, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 200
    index.add(vectors)
    wanted = np.asarray([items[0].vector], np.float32)
    return lambda: index.search(wanted, TOP)


def _calculated(token: str, at_once: int) -> crowd.Answers:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    bodies = [
        {"category": CATEGORIES[n % len(CATEGORIES)], "condition": "good", "title": f"Thing {n}"}
        for n in range(REQUESTS)
    ]
    path = "/api/v1/pricing/calculate"
    requests = [crowd.Request("POST", path, headers, json.dumps(body).encode()) for body in bodies]
    return crowd.ask(os.environ["BENCHMARK_URL"], requests, at_once).expect(200)
