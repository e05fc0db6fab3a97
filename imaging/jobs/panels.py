"""How the work goes, for the ops page."""

from datetime import timedelta

from django.db.models import Avg, Count, Q
from django.db.models.aggregates import Aggregate
from django.db.models.fields import FloatField
from django.db.models.functions import TruncMinute
from django.utils.timezone import now

from carousel.ops import charts
from carousel.ops.panels import Panel
from imaging.jobs.models import Job, Step

DAY = timedelta(days=1)


class Percentile(Aggregate):
    """Postgres' own percentile_cont, `at` from 0 to 1."""

    function = "percentile_cont"
    template = "%(function)s(%(at)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, at: float) -> None:
        super().__init__(expression, at=at)


def panels() -> list[Panel]:
    return [states(), durations(), throughput()]


def states() -> Panel:
    counts = (
        Job.objects.filter(created_at__gt=now() - DAY)
        .values("kind")
        .annotate(**{state: Count("pk", filter=Q(state=state)) for state in Job.State.values})
        .order_by("kind")
    )
    rows = [tuple(dict(row).values()) for row in counts]
    return Panel("Jobs of the last day", ("Kind", *map(str.title, Job.State.values)), rows)


def durations() -> Panel:
    """Milliseconds a step takes: median, 99th percentile, mean; attempts show trouble."""
    done = (
        Step.objects.filter(state=Step.State.DONE, finished_at__gt=now() - DAY)
        .values("kind")
        .annotate(
            n=Count("pk"),
            half=Percentile("duration_ms", 0.5),
            most=Percentile("duration_ms", 0.99),
            tries=Avg("attempts"),
        )
        .order_by("kind")
    )
    rows = [
        (
            row["kind"],
            row["n"],
            f"{row['half'] or 0:.0f}",
            f"{row['most'] or 0:.0f}",
            f"{row['tries']:.2f}",
        )
        for row in done
    ]
    return Panel("Steps of the last day", ("Step", "Done", "p50 ms", "p99 ms", "Tries"), rows)


def throughput() -> Panel:
    hour = now() - timedelta(hours=1)
    counts = (
        Step.objects.filter(state=Step.State.DONE, finished_at__gt=hour)
        .annotate(minute=TruncMinute("finished_at"))
        .values("minute")
        .annotate(n=Count("pk"))
        .order_by("minute")
    )
    values = [(f"{row['minute']:%H:%M}", float(row["n"])) for row in counts]
    total = int(sum(value for _, value in values))
    return Panel(
        "Steps a minute, last hour", ("Done",), [(total,)], charts.bars(values, "Steps a minute")
    )
