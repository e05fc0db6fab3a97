"""How long the models take and what they cost, for the ops page."""

from datetime import timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDay, TruncMonth
from django.utils.timezone import now

from carousel.ops import charts
from carousel.ops.panels import Panel
from imaging.inference.models import ModelCall
from imaging.jobs.panels import Percentile

DAYS, MONTHS, MODELS = 30, 12, 40


def panels() -> list[Panel]:
    return [by_provider(), by_day(), by_month()]


def by_provider() -> Panel:
    """How long each model takes to answer, and how often it does not: 200 to 500 ms for a vector
    and 300 to 800 ms for a look are what the plan expects of a provider."""
    asked = (
        ModelCall.objects.filter(created_at__gt=now() - timedelta(days=1))
        .values("capability", "provider", "model", "version")
        .annotate(
            n=Count("pk"),
            half=Percentile("ms", 0.5),
            most=Percentile("ms", 0.95),
            failed=Count("pk", filter=~Q(outcome=ModelCall.Outcome.OK)),
        )
        .order_by("capability", "provider", "model", "version")[:MODELS]
    )
    rows = [
        (
            row["capability"],
            f"{row['provider']}/{row['version'] if row['provider'] == 'local' else row['model']}",
            row["n"],
            f"{row['half']:.0f}",
            f"{row['most']:.0f}",
            row["failed"],
        )
        for row in asked
    ]
    headers = ("Task", "Model", "Calls", "p50 ms", "p95 ms", "Failed")
    return Panel("Models of the last day, ms", headers, rows)


def by_day() -> Panel:
    """Today by task and shop, over a plot of the last 30 days."""
    start = now().date() - timedelta(days=DAYS)
    sums = (
        ModelCall.objects.filter(created_at__date__gt=start)
        .annotate(period=TruncDay("created_at"))
        .values("period")
        .annotate(micro=Sum("cost_micro_usd"))
        .order_by("period")
    )
    values = [(f"{row['period']:%d %b}", row["micro"] / 1e6) for row in sums]
    plot = charts.bars(values, "US$ a day")
    return Panel("Cost of models today, US$", *_costs(now().date()), plot)


def by_month() -> Panel:
    """This month by task and shop, over a plot of the last 12 months."""
    sums = (
        ModelCall.objects.annotate(period=TruncMonth("created_at"))
        .values("period")
        .annotate(micro=Sum("cost_micro_usd"))
        .order_by("-period")[:MONTHS]
    )
    values = [(f"{row['period']:%b %Y}", row["micro"] / 1e6) for row in reversed(sums)]
    plot = charts.bars(values, "US$ a month")
    return Panel("Cost of models this month, US$", *_costs(now().date().replace(day=1)), plot)


def _costs(start: object) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """US dollars by task and tenant since `start`: headers and rows."""
    sums = (
        ModelCall.objects.filter(created_at__date__gte=start)
        .values("capability", "tenant__name")
        .annotate(n=Count("pk"), micro=Sum("cost_micro_usd"))
        .order_by("-micro", "capability")[:30]
    )
    rows: list[tuple[object, ...]] = [
        (row["capability"], row["tenant__name"], row["n"], f"{row['micro'] / 1e6:.4f}")
        for row in sums
    ]
    return ("Task", "Shop", "Calls", "US$"), rows
