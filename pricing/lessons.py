"""Learn from a tenant's sales and keep the lesson as a row; read the current one cheaply."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from carousel.models import Tenant
from pricing import velocity
from pricing.evidence import UNCALIBRATED, Calibration, Rules
from pricing.factors import NEUTRAL, Factors, Sold, learn
from pricing.models import Lesson, Sale
from pricing.sales import SaleQuerySet
from pricing.traits import DEFAULT_OFFSETS, Traits, root
from pricing.velocity import Pace, Stay

SECONDS_A_DAY = 86_400
LEARNED = 100_000  # sales; more would take gigabytes and tell no more
COLUMNS = (
    "sale_id", "sold_at", "price", "category", "brand", "condition", "title",
    "colour", "material", "size",
)  # fmt: skip


@dataclass(frozen=True)
class Taught:
    """What the current lesson says; knows nothing when there is none."""

    factors: Factors = NEUTRAL
    calibration: Calibration = UNCALIBRATED
    pace: dict[str, Pace] = field(default_factory=dict)
    lesson_id: UUID | None = None


def current(tenant: Tenant) -> Taught:
    found = Lesson.objects.filter(tenant=tenant, is_current=True).values_list("pk", flat=True)
    lesson_id = found.first()
    return _taught(lesson_id) if lesson_id else Taught()


@lru_cache(16)
def _taught(lesson_id: UUID) -> Taught:
    """A lesson never changes, so it is read once by each process."""
    lesson = Lesson.objects.get(pk=lesson_id)
    return Taught(
        factors_from(lesson.factors),
        calibration_from(lesson.calibration),
        {name: Pace(**pace) for name, pace in lesson.pace.items()},
        lesson_id,
    )


def teach(tenant: Tenant, currency: str | None = None) -> Lesson:
    """Learn the factors anew from the sales of the tenant's currency. Keeps the old calibration."""
    currency = currency or tenant.currency
    factors = learn(list(sold(tenant, currency)))
    pace = velocity.learn(stays(tenant, currency, factors))
    return keep(tenant, currency, factors, current(tenant).calibration, pace)


@transaction.atomic
def keep(
    tenant: Tenant,
    currency: str,
    factors: Factors,
    calibration: Calibration,
    pace: dict[str, Pace],
    figures: dict[str, Any] | None = None,
) -> Lesson:
    """Make this the tenant's current lesson. Without figures the ones of the last backtest stay."""
    Tenant.objects.select_for_update().get(pk=tenant.pk)
    old = Lesson.objects.filter(tenant=tenant, is_current=True).first()
    Lesson.objects.filter(tenant=tenant, is_current=True).update(is_current=False)
    return Lesson.objects.create(
        tenant=tenant,
        currency=currency,
        sales=factors.sales,
        factors=factors_to(factors),
        calibration=calibration_to(calibration),
        pace={name: asdict(each) for name, each in pace.items()},
        figures=figures if figures is not None else (old.figures if old else {}),
        proposals=old.proposals if old else [],
    )


def sold(tenant: Tenant, currency: str) -> Iterator[Sold]:
    """The sales of one currency as the engine's values, read in portions."""
    rows = _drawn(Sale.objects.filter(tenant=tenant, currency=currency))
    for row in rows.values_list(*COLUMNS).iterator(5_000):
        yield sold_of(row)


def _drawn(rows: SaleQuerySet) -> SaleQuerySet:
    """All of them, or as many as `LEARNED` at random: an id is drawn, so it is always the same."""
    return rows.order_by("pk")[:LEARNED]


def stays(tenant: Tenant, currency: str, factors: Factors) -> list[Stay]:
    """How long each sale with a listing date took, oldest listing first."""
    rows = Sale.objects.filter(tenant=tenant, currency=currency, listed_at__isnull=False)
    found = []
    for listed_at, *row in sorted(_drawn(rows).values_list("listed_at", *COLUMNS)):
        sale = sold_of(tuple(row))
        expected = (factors.intercept or 0.0) + factors.of(sale.traits, sale.day).total
        dearness = math.log(sale.price) - expected if factors.intercept is not None else 0.0
        found.append(Stay(root(sale.traits.category), sale.day - day_of(listed_at), dearness))
    return found


def sold_of(row: tuple[Any, ...]) -> Sold:
    """From a tuple that begins with `COLUMNS`."""
    key, sold_at, price, category, brand, condition, title, colour, material, size, *_ = row
    traits = Traits(category, brand, condition, title, colour, material, size)
    return Sold(key, day_of(sold_at), price, traits)


def day_of(moment: datetime) -> float:
    """Days since 1970-01-01 UTC, with the time of day as a fraction."""
    return moment.timestamp() / SECONDS_A_DAY


def moment_of(day: float) -> datetime:
    return datetime.fromtimestamp(day * SECONDS_A_DAY, UTC)


def rules_of(tenant: Tenant) -> Rules:
    options = tenant.options
    return Rules(
        currency=tenant.currency,
        window_days=options.price_window_days,
        floor=options.price_similarity,
        top=options.price_comparables,
        half_life_days=options.price_half_life_days,
        minimum=options.price_minimum,
    )


def factors_to(factors: Factors) -> dict[str, Any]:
    """As JSON: group -> name -> [effect, sales]."""
    groups: dict[str, dict[str, list[float]]] = {}
    for (group, name), effect in factors.effects.items():
        count = factors.counts.get((group, name), 0)
        groups.setdefault(group, {})[name] = [round(effect, 5), count]
    return {
        "effects": groups,
        "intercept": factors.intercept,
        "sigma": factors.sigma,
        "conditions": factors.conditions,
        "importance": factors.importance,
        "sales": factors.sales,
    }


def factors_from(stored: dict[str, Any]) -> Factors:
    if not stored:
        return Factors()
    cells = [
        ((group, name), *cell)
        for group, names in stored["effects"].items()
        for name, cell in names.items()
    ]
    return Factors(
        effects={column: effect for column, effect, _ in cells},
        counts={column: int(count) for column, _, count in cells},
        intercept=stored["intercept"],
        sigma=stored["sigma"],
        conditions=stored["conditions"] or {"": DEFAULT_OFFSETS},
        importance=stored["importance"],
        sales=stored["sales"],
    )


def calibration_to(calibration: Calibration) -> dict[str, Any]:
    return {
        "low": calibration.low,
        "high": calibration.high,
        "curve": [list(point) for point in calibration.curve],
        "sales": calibration.sales,
    }


def calibration_from(stored: dict[str, Any]) -> Calibration:
    if not stored:
        return UNCALIBRATED
    curve = tuple((float(said), float(known)) for said, known in stored["curve"])
    return Calibration(stored["low"], stored["high"], curve, stored["sales"])
