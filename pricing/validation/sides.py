"""What each side says: the same questions to PostgreSQL and to the lake."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.timezone import now
from pyiceberg.table import Table

from carousel.models import Tenant
from carousel.products.money import DIGITS
from pricing.lake import reading
from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.rows import key_of
from pricing.lake.table import Month
from pricing.models import Sale
from pricing.sales import kept_since
from pricing.validation.compare import Pile, Row, Spread
from pricing.validation.models import InspectedFile

GRACE = timedelta(hours=1)
"""A sale may be on its way to the lake for so long before it counts as missing there."""
SIZE = 1024
FAR = 20
"""Times its category's median above or below which a price is told."""
MOST_IMPLAUSIBLE = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Minor units to the main unit: the lake's prices have three decimals, the store's none.
SCALE = "CASE {cases} ELSE 2 END".format(
    cases=" ".join(f"WHEN currency = '{name}' THEN {digits}" for name, digits in DIGITS.items())
)
MAIN = f"(price / power(10::numeric, {SCALE}))::numeric(15,3)"

# The sales that the lake should have by now. Wants the values of `_settled`.
SETTLED = (
    "tenant_id = %s AND sold_at >= %s AND NOT (created_at > %s AND (shipment_id IS NULL OR EXISTS"
    " (SELECT 1 FROM pricing_shipment s WHERE s.id = sale.shipment_id AND s.state = 'open')))"
)

FAULTS = {
    "missing": "embedding IS NULL AND image_s3_key IS NOT NULL",
    "size": f"len(embedding) <> {SIZE}",
    "nan": "NOT isfinite(list_sum(embedding))",
    "zero": "list_max(embedding) = 0 AND list_min(embedding) = 0",
}
"""What can be wrong with a vector in the lake."""


def on_the_way(tenant: Tenant) -> int:
    return _kept(tenant).filter(_on_the_way()).count()


def store_piles(tenant: Tenant) -> dict[tuple[int, int], Pile]:
    rows = _of_store(tenant, f"{YEAR}, {MONTH}, count(*), sum({MAIN})", "GROUP BY 1, 2")
    return {(int(y), int(m)): Pile(count, total) for y, m, count, total in rows}


def lake_piles(known: duckdb.DuckDBPyConnection) -> dict[tuple[int, int], Pile]:
    rows = known.execute(
        "SELECT year(sold_date), month(sold_date), count(*), sum(sold_price) FROM sales"
        " WHERE sold_date >= ? GROUP BY 1, 2",
        [kept_since()],
    ).fetchall()
    return {(y, m): Pile(count, total) for y, m, count, total in rows}


def store_rows(tenant: Tenant, month: Month) -> Iterable[Row]:
    rows = _of_store(
        tenant,
        f"sold_at, product_id, sale_id, {MAIN}",
        "AND sold_at >= %s AND sold_at < %s",
        month.first,
        month.end,
    )
    return [Row(at, key_of(product, sale), price) for at, product, sale, price in rows]


def lake_rows(tenant: Tenant, month: Month) -> Iterable[Row]:
    with reading.sales(month=month) as known:
        found = known.execute(
            "SELECT epoch_us(sold_date), product_id, sold_price FROM sales WHERE sold_date >= ?",
            [kept_since()],
        ).fetchall()
    # As whole numbers: DuckDB would want another package to make times with a zone.
    return [Row(EPOCH + timedelta(microseconds=at), key, price) for at, key, price in found]


def store_spreads(tenant: Tenant) -> dict[str, Spread]:
    rows = _of_store(
        tenant,
        "category, count(*), percentile_cont(array[0.1, 0.5, 0.9])"
        f" WITHIN GROUP (ORDER BY {MAIN}::float8)",
        "GROUP BY 1",
    )
    return {category: Spread(count, *parts) for category, count, parts in rows}


def lake_spreads(known: duckdb.DuckDBPyConnection) -> dict[str, Spread]:
    rows = known.execute(
        "SELECT category, count(*), quantile_cont(sold_price::DOUBLE, [0.1, 0.5, 0.9])"
        " FROM sales WHERE sold_date >= ? GROUP BY 1",
        [kept_since()],
    ).fetchall()
    return {category: Spread(count, *parts) for category, count, parts in rows}


def implausible(tenant: Tenant) -> list[dict[str, Any]]:
    """Sales that cost a multiple, or a fraction, of their category's median. Categories of ten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH settled AS (SELECT category, price, sale_id FROM pricing_sale sale"
            f" WHERE {SETTLED}), middles AS (SELECT category, percentile_disc(0.5)"
            " WITHIN GROUP (ORDER BY price) AS middle FROM settled GROUP BY 1"
            " HAVING count(*) >= 10)"
            " SELECT category, price, sale_id FROM settled JOIN middles USING (category)"
            " WHERE price > middle * %s OR price * %s < middle ORDER BY category, sale_id LIMIT %s",
            [*_settled(tenant), FAR, FAR, MOST_IMPLAUSIBLE],
        )
        rows = cursor.fetchall()
    return [dict(zip(("category", "price", "sale_id"), row, strict=True)) for row in rows]


def store_faults(tenant: Tenant, looked: datetime | None) -> dict[str, int]:
    """Faults of vectors written since the last look. The column's type forbids size and NaN."""
    later = "AND created_at >= %s" if looked else ""
    columns = (
        "count(*) FILTER (WHERE vector IS NULL AND image_key <> ''),"
        " count(*) FILTER (WHERE vector IS NOT NULL AND l2_norm(vector) < 1e-6)"
    )
    [(missing, zero)] = _of_store(tenant, columns, later, *([looked] if looked else []))
    return {"missing": missing, "zero": zero}


def lake_faults(tenant: Tenant, table: Table) -> dict[str, int]:
    """Faults of all the tenant's lake files; only new files are opened."""
    there = {file.file_path for file in lake.files(table, tenant=str(tenant.pk))}
    known = InspectedFile.objects.filter(tenant=tenant)
    known.exclude(path__in=there).delete()
    for path in sorted(there - set(known.values_list("path", flat=True))):
        rows, faults = _inspect(table, path)
        InspectedFile.objects.create(path=path, tenant=tenant, rows=rows, faults=faults)
    found = list(known.values_list("faults", flat=True))
    return {name: sum(faults.get(name, 0) for faults in found) for name in FAULTS}


YEAR = "extract(year FROM sold_at AT TIME ZONE 'UTC')"
MONTH = "extract(month FROM sold_at AT TIME ZONE 'UTC')"


def _inspect(table: Table, path: str) -> tuple[int, dict[str, int]]:
    counts = ", ".join(f"count(*) FILTER (WHERE {rule})" for rule in FAULTS.values())
    with reading.over(table, [path]) as known:
        found: Any = known.execute(f"SELECT count(*), {counts} FROM sales").fetchone()
    return found[0], dict(zip(FAULTS, found[1:], strict=True))


def _settled(tenant: Tenant) -> list[Any]:
    return [tenant.pk, kept_since(), now() - GRACE]


def _kept(tenant: Tenant) -> QuerySet[Sale]:
    return Sale.objects.filter(tenant=tenant, sold_at__gte=kept_since())


def _on_the_way() -> Q:
    moving = Q(shipment=None) | Q(shipment__state=Shipment.State.OPEN)
    return moving & Q(created_at__gt=now() - GRACE)


def _of_store(tenant: Tenant, columns: str, rest: str, *values: Any) -> Sequence[Any]:
    """SQL over the settled sales. The columns and the rest are ours, the values are parameters."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM pricing_sale sale WHERE {SETTLED} {rest}",
            [*_settled(tenant), *values],
        )
        found: Sequence[Any] = cursor.fetchall()
        return found
