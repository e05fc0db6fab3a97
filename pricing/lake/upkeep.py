"""Keeping the lake tidy: few files, few snapshots, and old sales that live there alone."""

from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now
from pyiceberg.table import Table

from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.table import ARROW, Month
from pricing.models import Sale

MANY = 8
"""Files of one month that are worth making one of."""
SNAPSHOTS_LIVE = timedelta(days=7)
AT_ONCE = 5_000


def nightly() -> str:
    """The scheduled call, before the daily look at both sides."""
    months, files, sales = compact(), expire(), archive()
    return f"{months} months compacted, {files} files deleted, {sales} sales archived"


def compact(many: int = MANY) -> int:
    """Make one file of each month that has many. Returns the months."""
    with lake.sales_history() as table:
        counts = Counter(_month(file.file_path) for file in lake.files(table))
        worn = sorted(month for month, count in counts.items() if count >= many)
        for month in worn:
            part = table.scan(row_filter=month.rows).to_arrow().cast(ARROW)
            name = f"compact-{now():%Y%m%dT%H%M%S%f}"
            lake.replace(table, month, name, part.sort_by("sold_date"))
            table.refresh()
    return len(worn)


def expire(age: timedelta = SNAPSHOTS_LIVE) -> int:
    """Forget snapshots older than this, and delete the files that no snapshot shows any more.

    Never younger than a shipment's lease: an open shipment is looked for among the snapshots.
    """
    with lake.sales_history() as table:
        before = _shown(table)
        table.maintenance.expire_snapshots().older_than(
            now() - max(age, 2 * Shipment.LEASE)
        ).commit()
        table.refresh()
        gone = before - _shown(table)
        for path in gone:
            table.io.delete(path)
    return len(gone)


def archive() -> int:
    """Delete sales of over two years from the store, once the lake is known to have them."""
    total = 0
    while deleted := _archive_some():
        total += deleted
    return total


@transaction.atomic
def _archive_some() -> int:
    old = Sale.objects.expired().filter(shipment__state=Shipment.State.DONE)
    keys = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE])
    return Sale.objects.filter(pk__in=keys).delete()[0]


def _shown(table: Table) -> set[str]:
    """Every data file that any remaining snapshot shows."""
    return {
        path
        for snapshot in table.snapshots()
        for path in (task.file.file_path for task in table.scan(
            snapshot_id=snapshot.snapshot_id).plan_files())
    }  # fmt: skip


def _month(path: str) -> Month:
    *_, tenant, month, _ = path.split("/")
    year, number = month.split("-")
    return Month(tenant, int(year), int(number))
