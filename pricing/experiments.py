"""How the arms of a pricing experiment did: what their items sold for, with intervals."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from carousel.models import Tenant
from pricing.models import Quote, Sale

MOST = 5_000
Z_95 = 1.959963984540054
FEWEST = 5


@dataclass(frozen=True)
class Arm:
    """One strategy's items that sold: the mean of sold over suggested, and its 95 % interval."""

    name: str
    quotes: int
    sold: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def arms(tenant: Tenant) -> list[Arm]:
    """Every strategy that has priced an item of this tenant, by name."""
    quotes = Quote.objects.filter(tenant=tenant, is_current=True).exclude(strategy="")
    found = list(
        quotes.order_by("-created_at").values_list("strategy", "product_id", "price")[:MOST]
    )
    sold = dict(
        Sale.objects.filter(tenant=tenant, product_id__in=[str(key) for _, key, _ in found])
        .order_by()
        .values_list("product_id", "price")
    )
    counts: dict[str, int] = defaultdict(int)
    logs: dict[str, list[float]] = defaultdict(list)
    for strategy, product_id, price in found:
        counts[strategy] += 1
        if price and str(product_id) in sold:
            logs[strategy].append(math.log(sold[str(product_id)] / price))
    return [compare(name, counts[name], logs[name]) for name in sorted(counts)]


def compare(name: str, quotes: int, logs: Sequence[float]) -> Arm:
    """Pure: the geometric mean of the ratios with its 95 % interval; none from fewer than five."""
    n = len(logs)
    if n < FEWEST:
        return Arm(name, quotes, n)
    mean = sum(logs) / n
    error = math.sqrt(sum((value - mean) ** 2 for value in logs) / (n - 1) / n)
    return Arm(
        name,
        quotes,
        n,
        math.exp(mean),
        math.exp(mean - Z_95 * error),
        math.exp(mean + Z_95 * error),
    )
