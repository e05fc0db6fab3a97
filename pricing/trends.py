"""What sells, by month, brand and season, and what has moved lately: questions to the lake.

Prices are in the main unit, as the lake keeps them. The same questions make the page and the
downloads, so that nobody has to ask which of the two is right.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import duckdb

FEWEST_OF_A_BRAND = 10
BRAND_DAYS = 90
WEEK = timedelta(days=7)
WEEKS_BEFORE = 8
FEWEST_TO_MOVE = 3  # sales in the week, and as many before it
SURE = 2.0  # standard errors

FIGURES = (
    "count(*) AS sales, avg(sold_price)::DOUBLE AS average, median(sold_price)::DOUBLE AS median"
)
WITHIN = (
    "($category = '' OR lower(category) = $category"
    " OR starts_with(lower(category), $category || '/'))"
)

MONTHS = f"""
    SELECT year(sold_date)::INT AS year, month(sold_date)::INT AS month,
        lower(category) AS category, {FIGURES}
    FROM sales WHERE sold_date >= $since AND {WITHIN}
    GROUP BY ALL ORDER BY year DESC, month DESC, category
"""
TOTALS = f"""
    SELECT year(sold_date)::INT AS year, month(sold_date)::INT AS month, {FIGURES}
    FROM sales WHERE sold_date >= $since AND {WITHIN} GROUP BY ALL ORDER BY year, month
"""
BRANDS = f"""
    SELECT max(brand) AS brand, {FIGURES} FROM sales
    WHERE sold_date >= $since AND brand IS NOT NULL
    GROUP BY lower(brand) HAVING count(*) >= {FEWEST_OF_A_BRAND} ORDER BY sales DESC, brand
"""
SEASONS = f"""
    SELECT lower(category) AS category, season, {FIGURES} FROM sales
    WHERE sold_date >= $since AND {WITHIN} GROUP BY ALL ORDER BY category, season
"""
KEYS = {"category": "lower(category)", "brand": "lower(brand)"}


@dataclass(frozen=True)
class Month:
    """The sales of one month (UTC), of one category or, with an empty name, of all."""

    year: int
    month: int
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
class Season:
    """A category's sales of one quarter over all years. `share` of the category's median, or 1."""

    category: str
    season: str
    count: int
    median: float
    share: float


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


def monthly(
    known: duckdb.DuckDBPyConnection, since: datetime, *, category: str = ""
) -> list[Month]:
    """Number, average and median price by month and category, newest month first."""
    rows = known.execute(MONTHS, {"since": since, "category": category}).fetchall()
    return [Month(*row) for row in rows]


def totals(known: duckdb.DuckDBPyConnection, since: datetime, *, category: str = "") -> list[Month]:
    """The same for each month as a whole, oldest first; months without a sale are not there."""
    rows = known.execute(TOTALS, {"since": since, "category": category}).fetchall()
    return [Month(year, month, "", *figures) for year, month, *figures in rows]


def brands(known: duckdb.DuckDBPyConnection, at: datetime) -> list[Brand]:
    """The last 90 days of every brand with at least ten sales, most sales first."""
    since = at - timedelta(days=BRAND_DAYS)
    return [Brand(*row) for row in known.execute(BRANDS, {"since": since}).fetchall()]


def seasons(
    known: duckdb.DuckDBPyConnection, since: datetime, *, category: str = ""
) -> dict[str, list[Season]]:
    """Category -> its quarters; how each one's median compares with the mean of its medians."""
    found: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    rows = known.execute(SEASONS, {"since": since, "category": category}).fetchall()
    for name, season, count, _, middle in rows:
        found[name].append((season, count, middle))
    return {
        name: [
            Season(name, season, count, middle, middle / _mean(quarters))
            for season, count, middle in quarters
        ]
        for name, quarters in found.items()
    }


def movers(known: duckdb.DuckDBPyConnection, at: datetime, by: str) -> list[Mover]:
    """Weekly movers by "category" or "brand", strongest first, with their sample sizes."""
    rows = known.execute(
        f"SELECT {KEYS[by]}, sold_date >= $week, sold_price::DOUBLE FROM sales"
        f" WHERE sold_date >= $since AND sold_date < $at AND {KEYS[by]} IS NOT NULL",
        {"since": at - WEEK * (WEEKS_BEFORE + 1), "week": at - WEEK, "at": at},
    )
    return moved(rows.fetchall())


def moved(sales: Iterable[tuple[str, bool, float]]) -> list[Mover]:
    """Pure: compare the mean log price of each name's sales of the week with those before.

    A sale is a name, whether it was of the last week, and a price.
    """
    late: dict[str, list[float]] = defaultdict(list)
    early: dict[str, list[float]] = defaultdict(list)
    for name, is_late, price in sales:
        (late if is_late else early)[name].append(math.log(price))
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


def _mean(quarters: Sequence[tuple[str, int, float]]) -> float:
    return sum(middle for _, _, middle in quarters) / len(quarters)
