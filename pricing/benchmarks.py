"""How fast comparables are found and a price is calculated, among very many sales."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.utils.timezone import now

from carousel.benchmarks import crowd
from carousel.benchmarks.contest import Contest, Turn, timed
from carousel.models import ApiKey, Tenant
from pricing import comparables as finding
from pricing.comparables import Wanted
from pricing.lessons import rules_of
from pricing.models import DIMENSIONS, Sale
from pricing.traits import Traits

MODEL, PORTION, TOP = "bench-1", 2_000, 20
CATEGORIES = [f"Root {a}/Leaf {b}" for a in range(4) for b in range(5)]
LOOKS = 40
"""Kinds of look in each category."""
SALES = int(os.environ.get("BENCHMARK_SALES", "100000"))
AT_ONCE, REQUESTS = 20, 200

Vectors = npt.NDArray[np.float32]


def comparables(*, is_quick: bool) -> Contest:
    """The 20 nearest sales of a category and 90 days, as one item asks for them."""
    number = 2_000 if is_quick else SALES
    tenant, centres = _filled(number)
    items = [_wanted(tenant, centres, n) for n in range(20)]
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
        facts=lambda: {"recall at 20": _recall(items)},
    )


def pricing(*, is_quick: bool) -> Contest:
    """POST /pricing/calculate over HTTP for described things. The figure is the p95 in seconds."""
    number = 2_000 if is_quick else SALES
    tenant, _ = _filled(number)
    _, token = ApiKey.issue(tenant, "benchmark", role="manager")
    return Contest(
        name="pricing",
        work=f"calculate over HTTP, {number} sales, {AT_ONCE} at once",
        goal="p95 <= 100 ms (the sources allow 2 s)",
        ours=lambda: _calculated(token, AT_ONCE).percentile(95),
        peers={"the sources' limit": lambda: 2.0},
        met=lambda found: found.ours <= 0.1,
        facts=lambda: {"p95 of one at a time": _calculated(token, 1).percentile(95)},
        runs=3,
    )


def _filled(number: int) -> tuple[Tenant, npt.NDArray[np.float64]]:
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    centres = np.random.default_rng(0).standard_normal((len(CATEGORIES), LOOKS, DIMENSIONS))
    for start in range(0, number, PORTION):
        Sale.objects.bulk_create(
            _sale(tenant, centres, n) for n in range(start, min(start + PORTION, number))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pricing_sale")
    return tenant, centres


def _sale(tenant: Tenant, centres: Any, number: int) -> Sale:
    random = np.random.default_rng([number, 3])
    category, look = number % len(CATEGORIES), int(random.integers(LOOKS))
    return Sale(
        tenant=tenant,
        sale_id=f"bench-{number}",
        price=int(random.integers(500, 50_000)),
        currency="ISK",
        sold_at=now() - timedelta(days=float(random.uniform(0, 700))),
        category=CATEGORIES[category],
        condition="good",
        title=f"Thing {look}",
        vector=_near(centres[category, look], random),
        model=MODEL,
        source="bench",
    )


def _wanted(tenant: Tenant, centres: Any, number: int) -> Wanted:
    random = np.random.default_rng([number, 5])
    category, look = number % len(CATEGORIES), int(random.integers(LOOKS))
    traits = Traits(CATEGORIES[category], condition="good", title=f"Thing {look}")
    return Wanted(tenant, traits, now(), _near(centres[category, look], random), MODEL)


def _near(centre: Any, random: np.random.Generator) -> list[float]:
    vector = centre + 0.5 * random.standard_normal(DIMENSIONS)
    return [float(value) for value in vector / np.linalg.norm(vector)]


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


def _recall(items: list[Wanted]) -> float:
    """Of the truly nearest 20, the share that is found."""
    shares = [
        len({row[0] for row in _found(item)} & exact) / max(len(exact), 1)
        for item in items
        for exact in (_scanned(item),)
    ]
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
