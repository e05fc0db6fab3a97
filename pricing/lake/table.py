"""The lake's one table, `sales_history`: Iceberg metadata over Parquet files that we write.

Partitioned by tenant and month of the sale, so that a question about one month opens that month's
files only. Any engine that reads Iceberg reads it; the catalog is a setting, and by default lives
in our own PostgreSQL, the files under `var/lake`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform, MonthTransform
from pyiceberg.types import (
    DecimalType,
    DoubleType,
    ListType,
    NestedField,
    StringType,
    TimestamptzType,
)
from sqlalchemy import URL

NAME = "carousel.sales_history"
LOCK = 7005
PROPERTIES = {
    # A snapshot every few minutes must not make every question read a year of manifests.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}
SHIPMENT = "carousel.shipment"
PRICE = pa.decimal128(15, 3)

SCHEMA = Schema(
    NestedField(1, "product_id", StringType(), required=True),
    NestedField(2, "tenant_id", StringType(), required=True),
    NestedField(3, "category", StringType(), required=False),
    NestedField(4, "brand", StringType(), required=False),
    NestedField(5, "condition", StringType(), required=False),
    NestedField(6, "sold_price", DecimalType(15, 3), required=True, doc="In the main unit."),
    NestedField(7, "sold_date", TimestamptzType(), required=True),
    NestedField(8, "season", StringType(), required=True, doc="Q1 to Q4, in UTC."),
    NestedField(9, "image_s3_key", StringType(), required=False),
    NestedField(10, "embedding", ListType(13, DoubleType(), element_required=True), required=False),
    NestedField(11, "description", StringType(), required=False),
    NestedField(12, "source", StringType(), required=True),
)
SPEC = PartitionSpec(
    PartitionField(2, 1000, IdentityTransform(), "tenant_id"),
    PartitionField(7, 1001, MonthTransform(), "sold_month"),
)
ARROW = pa.schema(
    [
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("tenant_id", pa.string(), nullable=False),
        pa.field("category", pa.string()),
        pa.field("brand", pa.string()),
        pa.field("condition", pa.string()),
        pa.field("sold_price", PRICE, nullable=False),
        pa.field("sold_date", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("season", pa.string(), nullable=False),
        pa.field("image_s3_key", pa.string()),
        pa.field("embedding", pa.list_(pa.field("element", pa.float64(), nullable=False))),
        pa.field("description", pa.string()),
        pa.field("source", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, order=True)
class Month:
    """One tenant's month: the table's unit of storage and of comparison."""

    tenant: str
    year: int
    month: int

    @property
    def first(self) -> str:
        return f"{self.year:04}-{self.month:02}-01T00:00:00+00:00"

    @property
    def end(self) -> str:
        years, month = divmod(self.month, 12)
        return f"{self.year + years:04}-{month + 1:02}-01T00:00:00+00:00"

    @property
    def folder(self) -> str:
        return f"{self.tenant}/{self.year:04}-{self.month:02}"

    @property
    def rows(self) -> str:
        """The month as a filter of the table. The tenant is a UUID, so nothing needs quoting."""
        return (
            f"tenant_id == '{self.tenant}'"
            f" and sold_date >= '{self.first}' and sold_date < '{self.end}'"
        )


def catalog() -> Catalog:
    """The catalog of the settings; ours is in PostgreSQL beside everything else."""
    options = json.loads(settings.LAKE_CATALOG or "{}")
    defaults = {} if options else {"type": "sql", "uri": _database_uri()}
    return load_catalog("carousel", warehouse=settings.LAKE_WAREHOUSE, **defaults | options)


@contextmanager
def sales_history() -> Iterator[Table]:
    """The table as it stands now, made when it is not there. Closes the catalog's connections."""
    with catalog() as found:
        yield _there(found) or _made(found)


def add(table: Table, shipment: str, parts: Mapping[Month, Iterable[pa.Table]]) -> None:
    """Write a file for each part and show all at once, in a snapshot that names the shipment."""
    paths = [
        write(table, month, f"{shipment}-{place}", part)
        for month, tables in parts.items()
        for place, part in enumerate(tables)
    ]
    table.add_files(paths, snapshot_properties={SHIPMENT: shipment}, check_duplicate_files=False)


def has(table: Table, shipment: str) -> bool:
    """Was this shipment shown? Snapshots are kept longer than any shipment stays open."""
    return any(
        snapshot.summary is not None and snapshot.summary.get(SHIPMENT) == shipment
        for snapshot in table.snapshots()
    )


def replace(table: Table, month: Month, name: str, parts: Iterable[pa.Table]) -> None:
    """Put these parts, or nothing, in the place of all files of a month, in one snapshot."""
    old = files(table, month)
    paths = [write(table, month, f"{name}-{n}", part) for n, part in enumerate(parts)]
    swap(table, old, paths)


def swap(table: Table, old: Iterable[DataFile], paths: Iterable[str]) -> None:
    """Take these files out of the table and put those in, in one snapshot."""
    with table.transaction() as change, change.update_snapshot().overwrite() as snapshot:
        for file in old:
            snapshot.delete_data_file(file)
        for path in paths:
            snapshot.append_data_file(parquet_file_to_data_file(table.io, table.metadata, path))


@contextmanager
def alone() -> Iterator[None]:
    """One writer at a time in the whole house, so that nobody rewrites what another is adding.

    A session lock: it ends with the connection, so a killed writer does not keep it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def keep_properties(table: Table) -> None:
    """Give a table that is older than a property that property."""
    if not PROPERTIES.items() <= table.properties.items():
        with table.transaction() as change:
            change.set_properties(PROPERTIES)


def files(
    table: Table, month: Month | None = None, tenant: str = "", since: datetime | None = None
) -> list[DataFile]:
    """The files that a question about this month, this tenant and time, or about all opens."""
    rules = [f"tenant_id == '{tenant}'"] if tenant else []
    rules += [f"sold_date >= '{since.isoformat()}'"] if since else []
    wanted = month.rows if month else " and ".join(rules)
    scan = table.scan(row_filter=wanted) if wanted else table.scan()
    return [task.file for task in scan.plan_files()]


def write(table: Table, month: Month, name: str, part: pa.Table) -> str:
    """One Parquet file. Its name says what it holds, so writing it again is harmless."""
    path = f"{table.location().rstrip('/')}/data/{month.folder}/{name}.parquet"
    with table.io.new_output(path).create(overwrite=True) as file:
        pq.write_table(part.cast(ARROW), file, compression="zstd", row_group_size=20_000)
    return path


def month_of(tenant: Any, at: datetime) -> Month:
    return Month(str(tenant), at.year, at.month)


def _there(found: Catalog) -> Table | None:
    try:
        return found.load_table(NAME)
    except NoSuchTableError:
        return None


def _made(found: Catalog) -> Table:
    found.create_namespace_if_not_exists(NAME.partition(".")[0])
    return found.create_table_if_not_exists(
        NAME, schema=SCHEMA, partition_spec=SPEC, properties=PROPERTIES
    )


def _database_uri() -> str:
    """The database that Django is connected to, tests' included, for SQLAlchemy."""
    known = connection.settings_dict
    host = known["HOST"]
    socket = {"host": host} if host.startswith("/") else {}
    url = URL.create(
        "postgresql+psycopg",
        username=known["USER"] or None,
        password=known["PASSWORD"] or None,
        host=None if socket else host or None,
        port=int(known["PORT"]) if known["PORT"] else None,
        database=known["NAME"],
        query=socket,
    )
    return url.render_as_string(hide_password=False)
