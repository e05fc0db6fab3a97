"""`manage.py bench_prices`: how long a price takes with many sales, and what the index misses."""

import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils.timezone import now
from tqdm import tqdm

from carousel.models import Tenant
from pricing import comparables, quoting
from pricing.comparables import Wanted
from pricing.lessons import rules_of
from pricing.models import DIMENSIONS, Sale
from pricing.traits import Traits

SLUG, MODEL, PORTION = "bench", "bench-1", 2_000
CATEGORIES = [f"Root {a}/Leaf {b}" for a in range(4) for b in range(5)]
LOOKS = 40  # kinds of look in each category
INDEX = "bench_sale_hnsw"
COPIED = (
    "id", "created_at", "tenant_id", "sale_id", "price", "sold_at", "category", "title",
    "product_id", "currency", "brand", "condition", "description", "colour", "material", "size",
    "image_key", "model", "source", "vector",
)  # fmt: skip
STILL = ("", "ISK", "", "good", "", "", "", "", "", MODEL, "bench")  # product_id to source


class Command(BaseCommand):
    help = (
        "Fills a tenant of its own with made-up sales and measures the calculation. --clear ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sales", type=int, default=100_000)
        parser.add_argument("--queries", type=int, default=200)
        parser.add_argument("--index", action="store_true", help="build HNSW, measure its recall")
        parser.add_argument("--clear", action="store_true", help="remove what was made")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            return self._clear()
        tenant, _ = Tenant.objects.get_or_create(slug=SLUG, defaults={"name": "Benchmark"})
        centres = np.random.default_rng(0).standard_normal((len(CATEGORIES), LOOKS, DIMENSIONS))
        self._fill(tenant, centres, options["sales"])
        items = [_wanted(tenant, centres, number) for number in range(options["queries"])]
        result: dict[str, Any] = {"sales": Sale.objects.filter(tenant=tenant).count()}
        result["exact"] = _timed(items)
        if options["index"]:
            result["index_seconds"] = _index()
            result["recall_at_20"] = _recall(tenant, items)
        self.stdout.write(json.dumps(result))
        return None

    def _fill(self, tenant: Tenant, centres: Any, wanted: int) -> None:
        there = Sale.objects.filter(tenant=tenant).count()
        with connection.cursor() as cursor:
            for start in tqdm(range(there, wanted, PORTION), unit_scale=PORTION, disable=None):
                _copy(cursor, tenant, centres, range(start, min(start + PORTION, wanted)))
            cursor.execute("ANALYZE pricing_sale")

    def _clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
        Tenant.objects.filter(slug=SLUG).delete()


def _copy(cursor: Any, tenant: Tenant, centres: Any, numbers: range) -> None:
    """By COPY in text: a million rows through the models would take an hour."""
    random = np.random.default_rng(numbers.start)
    kinds = np.array(numbers) % len(CATEGORIES)
    looks = random.integers(LOOKS, size=len(numbers))
    vectors = _near(centres[kinds, looks], random).round(4)
    start = now()
    into = f"COPY pricing_sale ({', '.join(COPIED)}) FROM STDIN"
    with cursor.copy(into) as copy:
        for number, kind, look, vector in zip(numbers, kinds, looks, vectors, strict=True):
            sold_at = start - timedelta(days=float(random.uniform(0, 730)))
            price = int(random.integers(500, 50_000))
            facts = (f"bench-{number}", price, sold_at, CATEGORIES[kind], f"Thing {look}")
            written = f"[{','.join(map(str, vector.tolist()))}]"
            copy.write_row((uuid4(), start, tenant.pk, *facts, *STILL, written))


def _wanted(tenant: Tenant, centres: Any, number: int) -> Wanted:
    random = np.random.default_rng([number, 5])
    category, look = number % len(CATEGORIES), int(random.integers(LOOKS))
    traits = Traits(CATEGORIES[category], condition="good", title=f"Thing {look}")
    vector = _near(centres[category, look], random)
    return Wanted(tenant, traits, now(), vector.tolist(), MODEL)


def _near(centres: Any, random: np.random.Generator) -> Any:
    """Vectors of norm 1 around centres, [..., dimensions]; their looks are 0.8 alike."""
    vectors = centres + 0.5 * random.standard_normal(centres.shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _timed(items: list[Wanted]) -> dict[str, float]:
    """Milliseconds of the whole calculation, after one round to warm the cache."""
    for item in items:
        quoting.answer(item)
    times = []
    for item in items:
        start = time.perf_counter()
        quoting.answer(item)
        times.append(1000 * (time.perf_counter() - start))
    return {f"p{share}": round(float(np.percentile(times, share)), 1) for share in (50, 95, 99)}


def _index() -> float:
    start = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {INDEX} ON pricing_sale"
            f" USING hnsw (vector halfvec_cosine_ops) WHERE model = '{MODEL}'"
        )
    return round(time.monotonic() - start, 1)


def _recall(tenant: Tenant, items: list[Wanted]) -> float:
    """Of the 20 truly nearest in the window, the share that the index finds."""
    rules, shares = rules_of(tenant), []
    for item in items:
        rows = comparables.window(item, item.traits.category.lower(), rules).pictured(MODEL)
        vector = list(item.vector or [])
        exact, found = (
            {row[0] for row in search(rows, vector, 20)}
            for search in (comparables._exact, comparables._indexed)
        )
        shares.append(len(exact & found) / max(len(exact), 1))
    return round(float(np.mean(shares)), 4)
