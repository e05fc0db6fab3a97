"""What sells, by month and by brand, and what has moved lately. In the shop's currency."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Aggregate, Avg, Count, FloatField, Max
from django.db.models.functions import TruncMonth

from carousel.models import Tenant
from pricing.models import Sale

FEWEST_OF_A_BRAND = 10
BRAND_DAYS = 90
WEEK = timedelta(days=7)
WEEKS_BEFORE = 8
FEWEST_TO_MOVE = 3  # sales in the week, and as many before it
SURE = 2.0  # standard errors


class Median(Aggregate):
    """The middle value; the mean of the two middle ones for an even number."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Month:
    """A category's sales of one month. Prices in minor units."""

    month: datetime
    category: str
    count: int
    average: float
    median: float


@dataclass(frozen=True)
class Brand:
    """A brand's sales of the last 90 days; only brands with ten sales or more."""

    brand: str
    count: int
    average: float
    median: float


@dataclass(frozen=True)
class Mover:
    """How a category's or brand's prices of the last week compare with the eight weeks before.

    `change` is a share; `sure` when it is two standard errors away from nothing.
    """

    name: str
    change: float
    now: int
    before: int
    sure: bool


def monthly(tenant: Tenant, since: datetime, *, category: str = "") -> list[Month]:
    """Number, average and median price by month (UTC) and category, newest month first."""
    rows = (
        _sales(tenant, since)
        .within(category)
        .annotate(month=TruncMonth("sold_at"))
        .values("month", "category_key")
        .annotate(count=Count("pk"), average=Avg("price"), median=Median("price"))
        .order_by("-month", "category_key")
    )
    return [
        Month(row["month"], row["category_key"], row["count"], row["average"], row["median"])
        for row in rows
    ]


def brands(tenant: Tenant, now: datetime) -> list[Brand]:
    """The last 90 days of every brand with at least ten sales, most sales first."""
    rows = (
        _sales(tenant, now - timedelta(days=BRAND_DAYS))
        .exclude(brand_key="")
        .values("brand_key")
        .annotate(
            count=Count("pk"), average=Avg("price"), median=Median("price"), name=Max("brand")
        )
        .filter(count__gte=FEWEST_OF_A_BRAND)
        .order_by("-count", "brand_key")
    )
    return [Brand(row["name"], row["count"], row["average"], row["median"]) for row in rows]


def movers(tenant: Tenant, now: datetime, by: str) -> list[Mover]:
    """Weekly movers by "category" or "brand", strongest first, with their sample sizes."""
    key = {"category": "category_key", "brand": "brand_key"}[by]
    since = now - WEEK * (WEEKS_BEFORE + 1)
    rows = _sales(tenant, since).exclude(**{key: ""}).filter(sold_at__lt=now)
    return moved(rows.values_list(key, "sold_at", "price").iterator(5_000), now - WEEK)


def moved(sales: Iterable[tuple[str, datetime, int]], since: datetime) -> list[Mover]:
    """Pure: compare the mean log price of each name's sales from `since` on with those before."""
    late: dict[str, list[float]] = defaultdict(list)
    early: dict[str, list[float]] = defaultdict(list)
    for name, sold_at, price in sales:
        (late if sold_at >= since else early)[name].append(math.log(price))
    found = [
        _mover(name, late[name], early[name])
        for name in late
        if min(len(late[name]), len(early[name])) >= FEWEST_TO_MOVE
    ]
    return sorted(found, key=lambda each: (-abs(each.change), each.name))


def _mover(name: str, late: Sequence[float], early: Sequence[float]) -> Mover:
    middle = median(early)
    spread = max(1.4826 * median([abs(value - middle) for value in early]), 0.05)
    change = sum(late) / len(late) - sum(early) / len(early)
    error = spread * math.sqrt(1 / len(late) + 1 / len(early))
    return Mover(name, math.exp(change) - 1, len(late), len(early), abs(change) > SURE * error)


def _sales(tenant: Tenant, since: datetime) -> Any:
    return Sale.objects.filter(
        tenant=tenant, currency=tenant.currency, sold_at__gte=since
    ).order_by()
