"""Find the past sales that may stand as comparables, by picture through pgvector or by description.

Exact within the b-tree filter of tenant, category and window up to `EXACT_UP_TO` rows (recall 1.0);
beyond that the HNSW index with iterative scan, re-sorted. Vectors of two models never meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Case, F, FloatField, IntegerField, Value, When
from pgvector.django import CosineDistance

from carousel.models import Tenant
from pricing import described
from pricing.evidence import Effects, Evidence, Rules
from pricing.factors import Factors
from pricing.gathering import Likely, gather
from pricing.lessons import COLUMNS, sold_of
from pricing.models import Sale
from pricing.sales import SaleQuerySet
from pricing.traits import Traits, ancestors, leaf, plain

# Rows after the filter. On two busy cores: 660 rows x 1024 in 21 ms, 12,900 in 190, by index in 29.
EXACT_UP_TO = 2_000
EF_SEARCH = 200
DESCRIBED = 1_500  # sales whose descriptions are compared, same brand and newest first
SPARE = 20  # more than the top, so that a struck one is replaced
SHOWN = (*COLUMNS, "image_key")


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `vector` of norm 1 by `model`, or None when there is no picture."""

    tenant: Tenant
    traits: Traits
    as_of: datetime
    vector: Sequence[float] | None = None
    model: str = ""
    product_id: str = ""  # its own sale is no evidence for it


@dataclass(frozen=True)
class Found:
    """A sale with how it was found. `row` holds `SHOWN`."""

    pk: Any
    row: tuple[Any, ...]
    similarity: float
    basis: str

    @cached_property
    def key(self) -> str:
        return str(self.pk)

    def shown(self, name: str) -> Any:
        """One of the columns `SHOWN`."""
        return self.row[SHOWN.index(name)]


def search(wanted: Wanted, rules: Rules, factors: Factors) -> list[Found]:
    """The evidence for one item: pictures first, descriptions where pictures are too few.

    Without a category there is none: two black things may be a shirt and a chair.
    """
    paths = ancestors(wanted.traits.category)
    pictured = _widening(paths, rules.enough, lambda path: by_picture(wanted, path, rules))
    found = {each.key: each for each in pictured}
    if len(pictured) < rules.enough:
        described = _widening(
            paths, rules.enough, lambda path: by_description(wanted, path, rules, factors)
        )
        found = {each.key: each for each in described} | found
    spare = rules.top + SPARE
    taken = gather(_likely(found), paths, rules, most=spare)
    return [found[each.key] for each in taken]


def _widening(paths: Sequence[str], enough: int, look: Callable[[str], list[Found]]) -> list[Found]:
    """Look in the category; in its parent when that is too thin, and so on."""
    found: list[Found] = []
    for path in paths:
        found = look(path)
        if len(found) >= enough:
            break
    return found


def _likely(found: dict[str, Found]) -> list[Likely]:
    return [
        Likely(key, each.similarity, each.basis, each.shown("category"))
        for key, each in found.items()
    ]


def window(wanted: Wanted, path: str, rules: Rules) -> SaleQuerySet:
    """The tenant's sales of the category in the window, in the shop's currency."""
    since = wanted.as_of - timedelta(days=rules.window_days)
    rows = Sale.objects.filter(tenant=wanted.tenant, currency=rules.currency)
    rows = rows.within(path).known(since, wanted.as_of).order_by()
    return rows.exclude(product_id=wanted.product_id) if wanted.product_id else rows


def by_picture(wanted: Wanted, path: str, rules: Rules) -> list[Found]:
    """Sales whose picture is more similar than the floor, most similar first."""
    if wanted.vector is None:
        return []
    rows = window(wanted, path, rules).pictured(wanted.model)
    return [
        Found(pk, tuple(row), 1 - distance, "picture")
        for pk, distance, *row in nearest(rows, wanted.vector, rules.top + SPARE)
        if 1 - distance > rules.floor
    ]


def nearest(rows: SaleQuerySet, vector: Sequence[float], most: int) -> list[tuple[Any, ...]]:
    """(pk, cosine distance, *SHOWN) of the nearest rows; exact while they are few enough.

    The index is asked over all shops' sales: where this one's are too rare in it to be met before
    the search gives up, every row is looked at after all.
    """
    if rows.guessed() > EXACT_UP_TO:
        found = indexed(rows, vector, most)
        if len(found) == most:
            return found
    return exact(rows, vector, most)


def exact(rows: SaleQuerySet, vector: Sequence[float], most: int) -> list[tuple[Any, ...]]:
    """All of the best: adding 0 keeps the planner from the index, every filtered row is seen."""
    distance = CosineDistance("vector", list(vector))
    return list(
        rows.annotate(distance=distance, exact=distance + Value(0.0, FloatField()))
        .order_by("exact", "pk")
        .values_list("pk", "distance", *SHOWN)[:most]
    )


def indexed(rows: SaleQuerySet, vector: Sequence[float], most: int) -> list[tuple[Any, ...]]:
    """By HNSW, going on until enough of what it meets passes the filter; nearly all of the best."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = 'relaxed_order'")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}")
        cursor.execute("SET LOCAL enable_sort = off")  # else it may look at every row after all
        found = rows.annotate(distance=CosineDistance("vector", list(vector)))
        nearest = list(found.order_by("distance").values_list("pk", "distance", *SHOWN)[:most])
        cursor.execute("SET LOCAL enable_sort = on")  # the caller's transaction may go on
    return sorted(nearest, key=lambda row: (row[1], row[0]))


def by_description(wanted: Wanted, path: str, rules: Rules, factors: Factors) -> list[Found]:
    """Sales whose traits are more alike than the floor for descriptions, most alike first."""
    same_brand = Case(
        When(brand_key=plain(wanted.traits.brand), then=0), default=1, output_field=IntegerField()
    )
    sales = window(wanted, path, rules).order_by(same_brand, F("sold_at").desc(), "pk")
    rows, similarities = described.compared(
        sales[:DESCRIBED], SHOWN, factors.importance, wanted.traits
    )
    best = np.argsort(-similarities, kind="stable")[: rules.top + SPARE]
    return [
        Found(rows[i][0], tuple(rows[i][1:]), float(similarities[i]), "description")
        for i in best
        if similarities[i] > rules.described_floor
    ]


def as_evidence(
    found: Sequence[Found], rules: Rules, factors: Factors, struck: dict[str, str]
) -> list[Evidence]:
    """For the engine, with each sale's own effects taken from the lesson."""
    return [_evidence(each, rules, factors, struck.get(each.key, "")) for each in found]


def _evidence(each: Found, rules: Rules, factors: Factors, struck: str) -> Evidence:
    sale = sold_of(each.row)
    effects: Effects = factors.of(sale.traits, sale.day)
    return Evidence(
        each.key, sale.price, rules.currency, sale.day, each.similarity, effects, each.basis, struck
    )


def category_median(wanted: Wanted, rules: Rules) -> dict[str, Any]:
    """What the category sold for in the last year: shown, as such, when there is no price."""
    path = leaf(wanted.traits.category)
    if not path:
        return {}
    year = wanted.as_of - timedelta(days=365)
    prices = sorted(
        Sale.objects.filter(tenant=wanted.tenant, currency=rules.currency)
        .within(path)
        .known(year, wanted.as_of)
        .values_list("price", flat=True)[:20_000]
    )
    if not prices:
        return {}
    middle = int(np.median(prices))
    return {"category": wanted.traits.category, "median": middle, "sales": len(prices)}
