"""What the shop's own books have sold for: a band to begin a price with."""

from dataclasses import dataclass

from carousel.models import Product, Tenant

FEWEST = 5


@dataclass(frozen=True)
class Band:
    """Lower quartile, median and upper quartile in minor units, from `sales` sold books."""

    low: int
    middle: int
    high: int
    currency: str
    sales: int


def band(tenant: Tenant, category: str = "Books") -> Band | None:
    """None below `FEWEST` sales: then nobody knows."""
    sold = tenant.products.filter(
        state=Product.State.SOLD,
        category__istartswith=category,
        currency=tenant.currency,
        price__isnull=False,
    )
    latest = sold.order_by("-sold_at").values_list("price", flat=True)[:200]
    prices = sorted(price for price in latest if price is not None)
    if len(prices) < FEWEST:
        return None
    at = [prices[min(len(prices) - 1, len(prices) * share // 4)] for share in (1, 2, 3)]
    return Band(at[0], at[1], at[2], tenant.currency, len(prices))
