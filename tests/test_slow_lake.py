"""The lake at size: a million sales compared, and read by others than us. Not ordinary."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from django.db import connection
from django.utils.timezone import now

from carousel.launcher.home import Home
from pricing import bulk
from pricing.lake import feed, reading, upkeep
from pricing.lake import table as lake
from pricing.lake.table import Month
from tests.dying import say
from tests.lakes import warehouse
from tests.makers import make_tenant
from tests.running import MANAGE

__all__ = ["warehouse"]  # a fixture
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(3_600),
    pytest.mark.usefixtures("warehouse"),
]
SALES = int(os.environ.get("LAKE_SALES", "1000000"))
PICTURED = int(os.environ.get("LAKE_PICTURED", "100000"))
"""How many of the sales, the newest, have a vector of 1,024 numbers of their own."""

FILL = """
INSERT INTO pricing_sale (id, created_at, tenant_id, sale_id, product_id, price, currency, sold_at,
  category, brand, condition, title, description, colour, material, size, image_key, model, source,
  vector)
SELECT gen_random_uuid(), now() - interval '2 hours', %(tenant)s, 'S-' || n, gen_random_uuid(),
  1000 + (n * 7919) %% 9000, 'ISK', now() - interval '1 hour' - n * (interval '700 days' / %(all)s),
  'Category ' || n %% 40, 'Brand ' || n %% 200, 'good', 'Thing', '', '', '', '',
  CASE WHEN n <= %(pictured)s THEN 'a/' || n ELSE '' END,
  CASE WHEN n <= %(pictured)s THEN 'm' ELSE '' END, 'test',
  CASE WHEN n <= %(pictured)s
    THEN ARRAY(SELECT random() + n * 0 FROM generate_series(1, 1024))::halfvec END
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""


def fill(tenant: Any) -> None:
    portion = 20_000
    for first in range(1, SALES + 1, portion):
        with connection.cursor() as cursor:
            cursor.execute(
                FILL,
                {
                    "tenant": tenant.pk, "all": SALES, "pictured": PICTURED, "first": first,
                    "last": min(first + portion - 1, SALES),
                },
            )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pricing_sale")


def validate(settings: Any, services: Home) -> tuple[dict[str, Any], float, float]:
    """`manage.py validate` as a process: what it said, its seconds, its most memory in MB."""
    environment = os.environ | {
        "DATABASE_URL": services.database_named(connection.settings_dict["NAME"]),
        "LAKE_WAREHOUSE": settings.LAKE_WAREHOUSE,
        "LAKE_CATALOG": settings.LAKE_CATALOG,
    }
    began, most = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, MANAGE, "validate", "--json"],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None:
        try:
            most = max(most, psutil.Process(process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.1)
    said, _ = process.communicate()
    return json.loads(said), time.monotonic() - began, most / 2**20


@pytest.fixture
def unindexed() -> Iterator[None]:
    """Nobody asks the index of looks here, and so many vectors would take it long."""
    bulk.drop_index()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pricing_sale CASCADE")
    bulk.make_index()


@pytest.mark.usefixtures("unindexed")
def test_a_million_sales_are_compared_in_bounded_memory(settings, services):
    tenant = make_tenant()
    began = time.monotonic()
    fill(tenant)
    filled = time.monotonic()
    shipped = feed.ship_all()
    arrived = time.monotonic()
    upkeep.compact()
    size = sum(path.stat().st_size for path in lake_files()) / 2**20
    say(
        f"{SALES:,} sales, {PICTURED:,} with a vector: written in {filled - began:.0f} s,"
        f" shipped in {arrived - filled:.0f} s, {len(lake_files())} files, {size:.0f} MB"
    )

    first, seconds, memory = validate(settings, services)
    again, seconds_again, memory_again = validate(settings, services)

    say(f"Validation, every file new: {seconds:.1f} s, {memory:.0f} MB: {first}")
    say(f"Validation, the next day's: {seconds_again:.1f} s, {memory_again:.0f} MB: {again}")
    assert shipped == first["sales"] == again["sales"] == SALES
    assert (first["state"], first["lacks"]) == ("equal", 0)
    assert max(memory, memory_again) < 1_500
    one_month(tenant)


def one_month(tenant: Any) -> None:
    """An independent reader, and what a question about one month opens."""
    files = lake_files()
    at = now() - timedelta(days=60)
    month = Month(str(tenant.pk), at.year, at.month)
    first = datetime.fromisoformat(month.first)
    rows = ds.dataset([str(path) for path in files]).count_rows()
    with lake.sales_history() as table:
        opened = [file.file_path.removeprefix("file://") for file in lake.files(table, month)]
    there = ds.dataset(opened).to_table(columns=["sold_date"])["sold_date"]
    with reading.sales(month=month) as known:
        [(ours,)] = known.execute("SELECT count(*) FROM sales").fetchall()
    [(theirs,)] = duckdb.execute(
        "SELECT count(*) FROM read_parquet($1) WHERE sold_date >= $2 AND sold_date < $3",
        [[str(path) for path in files], first, datetime.fromisoformat(month.end)],
    ).fetchall()

    say(f"pyarrow reads {rows:,} rows; {at:%Y-%m} opens {len(opened)} of {len(files)} files")
    assert rows == SALES
    assert ours == theirs == len(there)
    assert all(f"/{month.folder}/" in path for path in opened)
    assert pc.min(there).as_py() >= first.astimezone(UTC)


def lake_files() -> list[Path]:
    with lake.sales_history() as table:
        return [Path(file.file_path.removeprefix("file://")) for file in lake.files(table)]
