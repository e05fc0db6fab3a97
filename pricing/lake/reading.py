"""Questions to the lake in SQL, answered by DuckDB over the files of the present snapshot."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb
import pyarrow.dataset as ds
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import RESTError
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table
from sqlalchemy.exc import SQLAlchemyError

from carousel import measures
from carousel.errors import Retry
from pricing.lake import table as lake
from pricing.lake.table import ARROW, Month

log = logging.getLogger(__name__)

MEMORY = "512MB"
LOCAL = "file://"
AWAY = (OSError, SQLAlchemyError, RESTError, BotoCoreError, ClientError, duckdb.IOException)
"""How it shows that the catalog or the files cannot be reached."""


@contextmanager
def sales(
    tenant: str = "", month: Month | None = None, since: datetime | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the view `sales`: the lake's rows of this tenant and month, or of all.

    `since` leaves out the files of earlier months; rows of its own month may still be older.
    """
    with measures.LAKE.time(), lake.sales_history() as table:
        paths = [file.file_path for file in lake.files(table, month, tenant, since)]
        with over(table, paths) as connection:
            yield connection


@contextmanager
def there() -> Iterator[None]:
    """`Retry` with a sentence for people when the lake is away while the block asks it."""
    try:
        yield
    except AWAY as error:
        log.warning("The lake is away: %s: %s", type(error).__name__, error)
        raise Retry("The lake cannot be read now. Nothing is lost: sales wait for it.") from error


@contextmanager
def over(table: Table, paths: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same, over these files."""
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _show(connection, table, paths)
        yield connection


def _show(connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str]) -> None:
    if not paths:
        connection.register("sales", ARROW.empty_table())
    elif all(path.startswith(LOCAL) for path in paths):
        known = [path.removeprefix(LOCAL) for path in paths]
        connection.from_parquet(known, hive_partitioning=False).create_view("sales")
    else:
        connection.register("sales", ds.dataset(_bare(paths), filesystem=_files_of(table, paths)))


def _files_of(table: Table, paths: Sequence[str]) -> Any:
    """The file system of the warehouse: the bucket's, with the table's own credentials."""
    scheme, host, _ = PyArrowFileIO.parse_location(paths[0])
    io = table.io
    assert isinstance(io, PyArrowFileIO)
    return io.fs_by_scheme(scheme, host)


def _bare(paths: Sequence[str]) -> list[str]:
    return [PyArrowFileIO.parse_location(path)[2] for path in paths]
