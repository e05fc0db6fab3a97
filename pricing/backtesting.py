"""Backtests of a tenant's sales or of a file, and keeping what a tenant's backtest taught."""

import datetime as dt
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.utils.timezone import now

from carousel.models import Tenant
from pricing import lessons, velocity
from pricing.backtest import report
from pricing.calibration import calibrate
from pricing.evidence import Rules
from pricing.factors import Sold, learn
from pricing.lessons import COLUMNS, day_of, rules_of, sold_of
from pricing.models import Lesson, Sale
from pricing.reading import Read
from pricing.replay import REMEMBER, History, Outcome, in_order, replay

MOST = 20_000  # sales that the nightly backtest of one tenant replays
DAYS = 540  # how far back it judges


def tenant_named(slug: str) -> Tenant | None:
    return Tenant.objects.filter(slug=slug).first()


def of_rows(rows: Sequence[Read]) -> History:
    """Sales of a file. A row of the same moment as another stays a row of its own."""
    return History(
        in_order(
            [Sold(f"{row.number:09}", day_of(row.sold_at), row.price, row.traits) for row in rows]
        )
    )


def history_of(tenant: Tenant, model: str) -> History:
    """The newest sales of a tenant in its own currency, with the vectors that `model` made."""
    rows = Sale.objects.filter(tenant=tenant, currency=tenant.currency).order_by("-sold_at", "pk")
    found = list(rows.values_list("model", "vector", *COLUMNS)[:MOST])
    sales = [(sold_of(row[2:]), row[1] if row[0] == model else None) for row in found]
    sales.sort(key=lambda pair: (pair[0].day, pair[0].key))
    vectors = np.zeros((len(sales), 1024), np.float32)
    for place, (_, vector) in enumerate(sales):
        if vector is not None:
            vectors[place] = np.asarray(vector, np.float32)
    return History([sale for sale, _ in sales], vectors if vectors.any() else None)


def run(
    history: History, rules: Rules, since: dt.date | None = None, until: dt.date | None = None
) -> list[Outcome]:
    return list(replay(history, rules, _day(since, -np.inf), _day(until, np.inf)))


def of_tenant(
    tenant: Tenant, since: dt.date | None = None, until: dt.date | None = None
) -> tuple[History, list[Outcome]]:
    """Replay a tenant's sales; a whole replay is kept for the page and calibrates the range."""
    history = history_of(tenant, _main_model(tenant))
    outcomes = run(history, rules_of(tenant), since, until)
    if since is None and until is None:
        keep(tenant, history, outcomes)
    return history, outcomes


def keep(tenant: Tenant, history: History, outcomes: Sequence[Outcome]) -> Lesson:
    """A new lesson: factors from every sale, calibration and figures from the replay."""
    calibration = calibrate([(o.suggestion, o.sale.price) for o in outcomes[-REMEMBER:]])
    factors = learn(list(lessons.sold(tenant, tenant.currency)))
    stays = lessons.stays(tenant, tenant.currency, factors)
    figures = report(outcomes) | {
        "mode": history.mode,
        "before": _last(tenant),
        "measured": now().isoformat(),
        "since": _date(history, 0),
        "until": _date(history, -1),
        "pace": _pace(stays),
    }
    pace = velocity.learn(stays)
    return lessons.keep(tenant, tenant.currency, factors, calibration, pace, figures)


def _last(tenant: Tenant) -> float | None:
    """How far off the prices were when they were measured the last time."""
    lesson = Lesson.objects.filter(tenant=tenant, is_current=True).first()
    return lesson.figures.get("mdape") if lesson else None


def _pace(stays: Sequence[velocity.Stay]) -> dict[str, float]:
    """The days-to-sell estimate judged on the newest fifth, learned from the rest."""
    cut = len(stays) * 4 // 5
    judged = velocity.backtest(stays[:cut], stays[cut:])
    if judged is None:
        return {}
    return {
        "sales": judged.sales,
        "coverage_80": round(judged.coverage_80, 4),
        "median_error_days": round(judged.median_error_days, 1),
    }


def _main_model(tenant: Tenant) -> str:
    """The model of the newest picture: the others are never compared with it."""
    newest = Sale.objects.filter(tenant=tenant, vector__isnull=False).order_by("-sold_at")
    return newest.values_list("model", flat=True).first() or ""


def _date(history: History, place: int) -> str:
    return f"{lessons.moment_of(history.sales[place].day):%Y-%m-%d}" if history.sales else ""


def _day(date: dt.date | None, otherwise: float) -> float:
    if date is None:
        return otherwise
    return day_of(datetime(date.year, date.month, date.day, tzinfo=dt.UTC))
