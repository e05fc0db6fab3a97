"""How the work goes, for the ops page."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from django.db.models import Avg, Count, Q
from django.db.models.aggregates import Aggregate
from django.db.models.fields import FloatField
from django.db.models.functions import Extract, Floor, TruncMinute
from django.utils.timezone import now

from carousel.ops import charts
from carousel.ops.panels import Panel
from imaging.jobs.models import Job, Step

DAY = timedelta(days=1)
QUARTER_DAY = timedelta(hours=6)


class Percentile(Aggregate):
    """Postgres' own percentile_cont, `at` from 0 to 1."""

    function = "percentile_cont"
    template = "%(function)s(%(at)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, at: float) -> None:
        super().__init__(expression, at=at)


def panels() -> list[Panel]:
    return [states(), durations(), throughput(), errors(), pricing()]


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


def errors() -> Panel:
    """Of the steps that ended in each ten minutes, how many were given up."""
    ended = (
        Step.objects.filter(
            state__in=[Step.State.DONE, Step.State.DEAD], finished_at__gt=now() - QUARTER_DAY
        )
        .annotate(hour=TruncMinute("finished_at"))
        .values("hour", "state")
        .annotate(n=Count("pk"))
    )
    given_up: Counter[datetime] = Counter()
    every: Counter[datetime] = Counter()
    for row in ended:
        moment = row["hour"].replace(minute=row["hour"].minute // 10 * 10)
        every[moment] += row["n"]
        given_up[moment] += row["n"] if row["state"] == Step.State.DEAD else 0
    values = [(f"{at:%H:%M}", 100 * given_up[at] / every[at]) for at in sorted(every)]
    rows = [(given_up.total(), every.total())] if every else []
    plot = charts.bars(values, "Steps given up, per cent of ten minutes")
    return Panel("Steps given up, last 6 hours, %", ("Given up", "Ended"), rows, plot)


def pricing() -> Panel:
    """How long a price takes: 95th percentile, and mean (broken line), of each five minutes."""
    seconds = Extract("finished_at", "epoch")
    priced = (
        Step.objects.filter(
            kind="price", state=Step.State.DONE, finished_at__gt=now() - QUARTER_DAY
        )
        .annotate(five=Floor(seconds / 300.0))
        .values("five")
        .annotate(n=Count("pk"), mean=Avg("duration_ms"), most=Percentile("duration_ms", 0.95))
        .order_by("five")
    )
    found = [(datetime.fromtimestamp(row["five"] * 300, UTC), row) for row in priced]
    mean = [charts.Point(at, row["mean"]) for at, row in found]
    most = [charts.Point(at, row["most"]) for at, row in found]
    rows = [
        (f"{at:%H:%M}", row["n"], f"{row['mean']:.0f}", f"{row['most']:.0f}")
        for at, row in found[:-4:-1]
    ]
    return Panel(
        "Prices, each 5 minutes", ("From", "Prices", "Mean ms", "p95 ms"), rows,
        charts.line(most, "95th percentile of a price, ms", mean),
    )  # fmt: skip


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
