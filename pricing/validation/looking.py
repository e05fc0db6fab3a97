"""One look at both sides of a tenant, written down; and the daily look at all of them."""

import time
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from carousel.errors import Retry
from carousel.events.outbox import record
from carousel.models import Tenant
from pricing.lake import reading
from pricing.lake import table as lake
from pricing.lake.table import Month
from pricing.validation import compare, sides
from pricing.validation.compare import Difference, MonthlyCount
from pricing.validation.models import Lack, Validation

State = Validation.State


def daily() -> str:
    """Every active tenant. Says how it went, for the schedule's log."""
    found = [look(tenant) for tenant in Tenant.objects.filter(is_active=True)]
    bad = [one for one in found if one.state != State.EQUAL]
    return f"{len(found)} tenants looked at, {len(bad)} differ"


def look(tenant: Tenant) -> Validation:
    """Compare the store and the lake of this tenant and keep what was found.

    `Retry`, and no trace of a look, while the lake is away.
    """
    began = time.monotonic()
    last = Validation.objects.filter(tenant=tenant).finished().first()
    found = Validation.objects.create(tenant=tenant, on_the_way=sides.on_the_way(tenant))
    try:
        # What is shipped meanwhile would be on one side only.
        with lake.alone(), reading.there():
            _compare(found, last, began)
    except Retry:
        found.delete()
        raise
    return found


def _compare(found: Validation, last: Validation | None, began: float) -> None:
    tenant = found.tenant
    with reading.sales(str(tenant.pk)) as known:
        months = compare.months(sides.store_piles(tenant), sides.lake_piles(known))
        spreads = compare.strayed(sides.store_spreads(tenant), sides.lake_spreads(known))
    with lake.sales_history() as table:
        vectors = {
            "store": sides.store_faults(tenant, last.created_at if last else None),
            "lake": sides.lake_faults(tenant, table),
        }
    prices = {"strayed": spreads, "implausible": sides.implausible(tenant)}
    _keep(found, months, vectors, prices, began)


def _differences(tenant: Tenant, count: MonthlyCount) -> Difference:
    month = Month(str(tenant.pk), count.year, count.month)
    return compare.difference(sides.store_rows(tenant, month), sides.lake_rows(tenant, month))


@transaction.atomic
def _keep(
    found: Validation,
    months: list[MonthlyCount],
    vectors: dict[str, dict[str, int]],
    prices: dict[str, Any],
    began: float,
) -> None:
    for month in months:
        if month.differs:
            _write_lacks(found, _differences(found.tenant, month))
    found.months = [_told(month) for month in months]
    found.sales = sum(month.store.count for month in months)
    found.vectors, found.prices = vectors, prices
    found.state = _state(months, prices)
    found.finished_at, found.seconds = now(), round(time.monotonic() - began, 2)
    found.save()
    record(found.tenant, "validation.finished", subject=found.pk, state=found.state)


def _state(months: list[MonthlyCount], prices: dict[str, Any]) -> State:
    if any(month.alerts for month in months) or prices["strayed"]:
        return State.ALERT
    return State.DIFFERS if any(month.differs for month in months) else State.EQUAL


def _write_lacks(found: Validation, one: Difference) -> None:
    sides_of = ((Lack.Side.MISSING, "missing"), (Lack.Side.EXTRA, "extra"))
    Lack.objects.bulk_create(
        (
            Lack(
                tenant_id=found.tenant_id,
                validation=found,
                side=side,
                key=row.key,
                sold_at=row.sold_at,
                price=row.price,
            )
            for side, name in sides_of
            for row in getattr(one, name)
        ),
        batch_size=2000,
    )


def _told(month: MonthlyCount) -> dict[str, Any]:
    return {
        "month": f"{month.year:04}-{month.month:02}",
        "store": month.store.count,
        "lake": month.lake.count,
        "variance": round(month.variance, 6),
        "share": f"{month.variance:.1%}",
        "differs": month.differs,
        "alerts": month.alerts,
    }
