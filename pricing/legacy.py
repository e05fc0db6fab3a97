"""The nightly import from the old sales database: read-only, a day at a time, none forgotten.

Each finished day is a row of the tracker; a night that was missed is caught up the next time. The
connection cannot write: the session is read-only and every transaction is told so too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from django.utils.timezone import now
from psycopg.rows import dict_row

from carousel.errors import Retry
from carousel.models import Tenant
from carousel.tenants import walls
from pricing import importing, lessons, reading
from pricing.importing import Tally
from pricing.models import Import, Sale

SOURCE = "legacy"
PORTION = 1_000
MOST_DAYS = 60  # caught up in one night
DEFAULT_QUERY = """
SELECT * FROM sales WHERE sold_at >= %(since)s AND sold_at < %(until)s ORDER BY sold_at, sale_id
"""


def run() -> str:
    """The scheduled call, daily at 02:00 UTC. Says what it did."""
    if not settings.LEGACY_SALES_URL:
        return "no legacy database is set"
    tenant = Tenant.objects.filter(slug=settings.LEGACY_SALES_TENANT).first()
    if tenant is None:
        return f"there is no tenant {settings.LEGACY_SALES_TENANT}"
    days = missing(tenant, now().date())
    tallies = [import_day(tenant, day) for day in days]
    added = sum(tally.added for tally in tallies)
    if added:
        lessons.teach(tenant)
    return f"{len(days)} days, {added} sales added, {sum(t.refused for t in tallies)} refused"


def missing(tenant: Tenant, today: date) -> list[date]:
    """Days that are over and not imported yet, oldest first: at the first run only yesterday."""
    done = Import.objects.filter(tenant=tenant, source=SOURCE, state=Import.State.DONE)
    last = done.order_by("-name").values_list("name", flat=True).first()
    yesterday = today - timedelta(days=1)
    start = date.fromisoformat(last) + timedelta(days=1) if last else yesterday
    start = max(start, yesterday - timedelta(days=MOST_DAYS - 1))
    return [start + timedelta(days=n) for n in range((yesterday - start).days + 1)]


def import_day(tenant: Tenant, day: date) -> Tally:
    """All sales of one UTC day, in one transaction with the tracker. Again adds nothing."""
    since = datetime.combine(day, time(), UTC)
    tally = Tally()
    with _connection() as legacy:
        portions = list(_portions(legacy, since, since + timedelta(days=1), tenant, tally))
    with transaction.atomic():
        walls.only_import()
        progress, _ = Import.objects.select_for_update().get_or_create(
            tenant=tenant, source=SOURCE, name=day.isoformat()
        )
        for sales in portions:
            _keep(tenant, sales, tally)
        Import.objects.filter(pk=progress.pk).update(
            rows=tally.rows,
            added=tally.added,
            known=tally.known,
            refused=tally.refused,
            errors=tally.errors,
            state=Import.State.DONE,
            cursor=day.isoformat(),
            finished_at=now(),
        )
    return tally


def _keep(tenant: Tenant, sales: Sequence[Sale], tally: Tally) -> None:
    ids = [sale.sale_id for sale in sales]
    there = Sale.objects.filter(tenant=tenant, sale_id__in=ids).count()
    Sale.objects.bulk_create(sales, ignore_conflicts=True)
    tally.known += there
    tally.added += len(sales) - there


@contextmanager
def _connection() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A session that cannot write. Retry when the database cannot be reached."""
    try:
        connection = psycopg.connect(
            settings.LEGACY_SALES_URL,
            row_factory=dict_row,
            connect_timeout=5,
            options="-c default_transaction_read_only=on -c statement_timeout=600000",
        )
    except psycopg.OperationalError as error:
        raise Retry("The legacy database cannot be reached.") from error
    connection.read_only = True
    try:
        yield connection
    finally:
        connection.close()


def _portions(
    legacy: psycopg.Connection[dict[str, Any]],
    since: datetime,
    until: datetime,
    tenant: Tenant,
    tally: Tally,
) -> Iterator[list[Sale]]:
    """Read with a cursor on the server, so that a busy day is not in memory twice."""
    query = settings.LEGACY_SALES_QUERY or DEFAULT_QUERY
    with legacy.cursor("sales") as cursor:
        cursor.execute(query, {"since": since, "until": until})
        while rows := cursor.fetchmany(PORTION):
            yield _sales(rows, tenant, tally)


def _sales(rows: Sequence[dict[str, Any]], tenant: Tenant, tally: Tally) -> list[Sale]:
    found: dict[str, Sale] = {}
    for row in rows:
        tally.rows += 1
        read = reading.read(tally.rows, row, tenant.currency)
        if isinstance(read, reading.Wrong):
            tally.wrong(read.number, read.why)
        else:
            found[read.sale_id] = importing.sale_from(tenant, read, SOURCE)
    return list(found.values())
