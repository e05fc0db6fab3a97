"""What the market does: the page and its files, both from the lake."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from carousel.errors import Retry
from carousel.models import Tenant
from carousel.tenants import access
from carousel.web import Request, member, page
from pricing import market_files, market_plots, trends
from pricing.lake import feed, reading
from pricing.templatetags.prices import paid
from pricing.trends import Season

YEAR = timedelta(days=365)
MOST_ROWS = 60
QUARTERS = ("Q1", "Q2", "Q3", "Q4")


@member
@require_GET
def market(request: Request) -> HttpResponse:
    """Monthly trends, seasons, brands with at least ten sales, and the week's movers."""
    category = _category(request)
    context: dict[str, Any] = {
        "place": "market",
        "category": category,
        "quarters": QUARTERS,
        "backlog": feed.backlog(request.tenant),
        "may_download": access.allows("market-file", "GET", request.membership.role),
    }
    try:
        context |= _figures(request.tenant, category)
    except Retry as error:
        context["away"] = str(error)
    return page(request, "pricing/market.html", "market", context)


@member
@require_GET
def download(request: Request, name: str, kind: str) -> FileResponse:
    """One of the market's tables, or a year's sales, as CSV or Parquet."""
    if name not in market_files.FILES or kind not in market_files.KINDS:
        raise Http404
    at, tenant = now(), str(request.tenant.pk)
    with reading.there(), TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.{kind}")
        with reading.sales(tenant, since=market_files.since_of(name, at)) as known:
            market_files.write(known, name, at, kind, path, _category(request))
        file = path.open("rb")  # It can be read on after its folder is gone.
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}-{at:%Y-%m-%d}.{kind}",
        content_type=market_files.KINDS[kind],
    )


def _figures(tenant: Tenant, category: str) -> dict[str, Any]:
    at = now()
    with reading.there(), reading.sales(str(tenant.pk), since=at - 2 * YEAR) as known:
        since = _twelve_months(at)
        months = trends.totals(known, since, category=category)
        return {
            "counts": market_plots.counts(months),
            "medians": market_plots.medians(months, _written(months, tenant)),
            "months": trends.monthly(known, since, category=category)[:MOST_ROWS],
            "brands": trends.brands(known, at)[:MOST_ROWS],
            "seasons": _seasons(trends.seasons(known, at - 2 * YEAR, category=category)),
            "category_movers": trends.movers(known, at, "category")[:12],
            "brand_movers": trends.movers(known, at, "brand")[:12],
        }


def _twelve_months(at: datetime) -> datetime:
    """The first moment (UTC) of the eleven whole months before this one."""
    year, month = divmod(at.year * 12 + at.month - 12, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _written(months: Sequence[trends.Month], tenant: Tenant) -> list[str]:
    return [paid(month.median, tenant.currency) for month in months]


def _seasons(found: Mapping[str, Sequence[Season]]) -> list[tuple[str, list[Season | None]]]:
    """A row for each category that sold in more than one quarter, most sales first."""
    known = [(name, {one.season: one for one in each}) for name, each in found.items()]
    several = [(name, each) for name, each in known if len(each) > 1]
    several.sort(key=lambda row: -sum(one.count for one in row[1].values()))
    return [(name, [each.get(q) for q in QUARTERS]) for name, each in several[:MOST_ROWS]]


def _category(request: Request) -> str:
    return request.GET.get("category", "").lower()[:200]
