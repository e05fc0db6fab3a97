"""Rows of pricing for tests. Pass only what the test is about."""

from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
from django.utils.timezone import now

from carousel.models import Product, Tenant
from pricing.models import Quote, Sale
from tests.makers import make_product, make_tenant

_numbers = count(1)
MODEL = "carousel-descriptor-1"


def make_sale(tenant: Tenant | None = None, **fields: Any) -> Sale:
    """A jacket that sold for 5,000 ISK ten days ago."""
    age = fields.pop("age", 10)
    fields.setdefault("sale_id", f"sale-{next(_numbers)}")
    fields.setdefault("price", 5_000)
    fields.setdefault("category", "Women/Jackets")
    fields.setdefault("condition", "good")
    fields.setdefault("sold_at", now() - timedelta(days=age))
    return Sale.objects.create(tenant=tenant or make_tenant(), **fields)


def make_quote(product: Product | None = None, **fields: Any) -> Quote:
    product = product or make_product()
    values = {"price": 1_000, "low": 800, "high": 1_200, "currency": "ISK"} | fields
    return Quote.objects.create(tenant=product.tenant, product=product, **values)


def direction(similarity: float) -> list[float]:
    """A vector of norm 1 whose cosine with `direction(1)` is `similarity`."""
    vector = np.zeros(1024)
    vector[:2] = similarity, np.sqrt(1 - similarity**2)
    return [float(value) for value in vector]
