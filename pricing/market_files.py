"""The market as files to take away: the same questions as on the page, as CSV or Parquet."""

import csv
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pricing import trends

YEAR = timedelta(days=365)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is a formula to spreadsheets."""
AT_ONCE = 5_000
KINDS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
SALES = """
    SELECT * EXCLUDE (embedding, tenant_id) FROM sales WHERE sold_date >= $since ORDER BY sold_date
"""
FILES: dict[str, tuple[str, timedelta]] = {
    "months": (trends.MONTHS, YEAR),
    "brands": (trends.BRANDS, timedelta(days=trends.BRAND_DAYS)),
    "seasons": (trends.SEASONS, 2 * YEAR),
    "sales": (SALES, YEAR),
}
"""Name of a file -> the question it answers, and how far back it looks."""


def since_of(name: str, at: datetime) -> datetime:
    return at - FILES[name][1]


def write(
    known: duckdb.DuckDBPyConnection, name: str, at: datetime, kind: str, path: Path, category: str
) -> None:
    """Answer the question `name` into a file of this kind. Prices are in the main unit."""
    query, age = FILES[name]
    values = {"since": at - age} | ({"category": category} if "$category" in query else {})
    if kind == "parquet":
        known.sql(query, params=values).write_parquet(str(path), compression="zstd")
    else:
        _write_csv(known, query, values, path)


def _write_csv(
    known: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any], path: Path
) -> None:
    # Through Arrow: DuckDB itself would want another package to make times with a zone.
    found = known.sql(query, params=dict(values)).to_arrow_reader(AT_ONCE)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(found.schema.names)
        for batch in found:
            writer.writerows(map(harmless, row.values()) for row in batch.to_pylist())


def harmless(value: Any) -> Any:
    """No text that a spreadsheet would run; times as RFC 3339."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
