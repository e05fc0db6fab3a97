"""What happens to prices at night: learn anew, measure once a week, see what staff correct."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from statistics import median
from typing import Any

from django.utils.timezone import now

from carousel.events.outbox import record
from carousel.models import Tenant
from pricing import backtesting, lessons
from pricing.factors import FEWEST
from pricing.models import Decision, Lesson, Sale
from pricing.traits import root

WEEK = timedelta(days=7)
DRIFT = 0.03  # points of MdAPE that are worth a note
FEWEST_DECISIONS = 8
WORTH_PROPOSING = 0.05


def run() -> str:
    """The scheduled call: every shop with enough sales learns; those not measured lately are."""
    taught = measured = 0
    for tenant in Tenant.objects.filter(is_active=True):
        if Sale.objects.filter(tenant=tenant)[:FEWEST].count() < FEWEST:
            continue
        taught += 1
        measured += _learn(tenant)
        propose(tenant)
    return f"{taught} shops learned, {measured} measured"


def _learn(tenant: Tenant) -> bool:
    """Whether a backtest was made as well."""
    last = Lesson.objects.filter(tenant=tenant, is_current=True).first()
    if last and last.figures.get("measured", "") > (now() - WEEK).isoformat():
        lessons.teach(tenant)
        return False
    backtesting.of_tenant(tenant)
    note_drift(tenant)
    return True


def note_drift(tenant: Tenant) -> None:
    """Write an event when the prices got worse since last time; the page says so too."""
    lesson = Lesson.objects.get(tenant=tenant, is_current=True)
    if has_drifted(lesson.figures):
        found = {"before": lesson.figures["before"], "after": lesson.figures["mdape"]}
        record(tenant, "price.drift", subject=lesson.pk, **found)


def has_drifted(figures: Mapping[str, Any]) -> bool:
    """Whether half of the suggestions are off by three points more than a week before."""
    before, after = figures.get("before"), figures.get("mdape")
    return before is not None and after is not None and after - before > DRIFT


def propose(tenant: Tenant) -> list[dict[str, Any]]:
    """What staff's own prices of the last 90 days say about the suggestions, by root category."""
    rows = Decision.objects.filter(
        tenant=tenant,
        kind__in=[Decision.Kind.ACCEPTED, Decision.Kind.OVERRIDDEN],
        created_at__gte=now() - timedelta(days=90),
        suggested__isnull=False,
        price__isnull=False,
    )
    pairs = rows.values_list("product__category", "price", "suggested")
    found = proposals((root(name), price, said) for name, price, said in pairs if price and said)
    Lesson.objects.filter(tenant=tenant, is_current=True).update(proposals=found)
    return found


def proposals(decisions: Iterable[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Pure: (category, price set, price suggested) -> what to look at, with its sample size.

    Accepted prices count as ratio 1, so a few overrides among many acceptances propose nothing.
    """
    ratios: dict[str, list[float]] = defaultdict(list)
    for category, price, suggested in decisions:
        ratios[category].append(math.log(price / suggested))
    found = []
    for category, logs in sorted(ratios.items()):
        change = math.exp(median(logs)) - 1
        if len(logs) >= FEWEST_DECISIONS and abs(change) >= WORTH_PROPOSING:
            way = "above" if change > 0 else "below"
            words = (
                f"{category.capitalize() or 'Items without category'}: staff's prices are"
                f" {abs(change):.0%} {way} the suggestions ({len(logs)} decisions)."
            )
            found.append(
                {"category": category, "change": round(change, 3), "n": len(logs), "words": words}
            )
    return found
