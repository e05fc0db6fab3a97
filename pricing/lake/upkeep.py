"""Keeping the lake tidy: few files and few snapshots."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.timezone import now
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.table import ARROW, Month

MANY = 8
"""Small files of one month that are worth making one of."""
LARGE = 20_000
"""Rows of a file that is left as it is: 160 MB of vectors while it is written."""
SNAPSHOTS_LIVE = timedelta(days=7)


def nightly() -> str:
    """The scheduled call, before the daily look at both sides."""
    months, files = compact(), expire()
    return f"{months} months compacted, {files} files deleted"


def compact(many: int = MANY) -> int:
    """Make few files of each month that has many small ones. Returns the months."""
    with lake.alone(), lake.sales_history() as table:
        lake.keep_properties(table)
        worn = {month: found for month, found in _small(table).items() if len(found) >= many}
        for month, found in sorted(worn.items(), key=lambda each: each[0]):
            _join(table, month, found)
            table.refresh()
    return len(worn)


def expire(age: timedelta = SNAPSHOTS_LIVE) -> int:
    """Forget snapshots older than this, and delete every file that no snapshot leads to any more.

    Never younger than a shipment's lease: an open shipment is looked for among the snapshots.
    Returns how many data files went.
    """
    with lake.alone(), lake.sales_history() as table:
        before = _reachable(table)
        oldest = now() - max(age, 2 * Shipment.LEASE)
        table.maintenance.expire_snapshots().older_than(oldest).commit()
        table.refresh()
        gone = before - _reachable(table)
        for path in gone:
            with suppress(FileNotFoundError):
                table.io.delete(path)
    return sum(path.endswith(".parquet") for path in gone)


def _small(table: Table) -> dict[Month, list[DataFile]]:
    found: dict[Month, list[DataFile]] = defaultdict(list)
    for file in lake.files(table):
        if file.record_count < LARGE:
            found[_month(file.file_path)].append(file)
    return found


def _join(table: Table, month: Month, small: Sequence[DataFile]) -> None:
    """All in one snapshot, with one new file in memory at a time."""
    name = f"compact-{now():%Y%m%dT%H%M%S%f}"
    paths = [
        lake.write(table, month, f"{name}-{place}", _read(table, some).sort_by("sold_date"))
        for place, some in enumerate(_bins(small))
    ]
    lake.swap(table, small, paths)


def _bins(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    """Files that make about one large file together, in the order of their names."""
    some: list[DataFile] = []
    for file in sorted(files, key=lambda one: one.file_path):
        if some and sum(one.record_count for one in some) + file.record_count > LARGE:
            yield some
            some = []
        some.append(file)
    yield some


def _read(table: Table, files: Sequence[DataFile]) -> pa.Table:
    parts = []
    for file in files:
        with table.io.new_input(file.file_path).open() as opened:
            parts.append(pq.read_table(opened).cast(ARROW))
    return pa.concat_tables(parts)


def _reachable(table: Table) -> set[str]:
    """Every file that any remaining snapshot leads to. Each manifest is read once."""
    snapshots = table.snapshots()
    manifests = {
        manifest.manifest_path: manifest
        for snapshot in snapshots
        for manifest in snapshot.manifests(table.io)
    }
    shown = {
        entry.data_file.file_path
        for manifest in manifests.values()
        for entry in manifest.fetch_manifest_entry(table.io)
    }
    return shown | set(manifests) | {snapshot.manifest_list for snapshot in snapshots}


def _month(path: str) -> Month:
    *_, tenant, month, _ = path.split("/")
    year, number = month.split("-")
    return Month(tenant, int(year), int(number))
