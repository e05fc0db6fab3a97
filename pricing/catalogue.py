"""The shop's sales as a catalogue: what do sold things that look like this one call themselves?"""

from collections.abc import Sequence
from typing import NamedTuple

from carousel.models import Tenant
from pricing import comparables
from pricing.lessons import COLUMNS
from pricing.models import Sale


class Neighbour(NamedTuple):
    """A sold thing that looks alike; `similarity` is the cosine of the pictures."""

    category: str
    brand: str
    condition: str
    similarity: float


def neighbours(tenant: Tenant, vector: Sequence[float], model: str, k: int) -> list[Neighbour]:
    """The `k` sold things that look most like `vector` (norm 1, made by `model`), best first."""
    rows = Sale.objects.filter(tenant=tenant).pictured(model).order_by()
    nearest = comparables.nearest(rows, [float(value) for value in vector], k)
    category, brand, condition = (COLUMNS.index(n) + 2 for n in ("category", "brand", "condition"))
    return [Neighbour(row[category], row[brand], row[condition], 1 - row[1]) for row in nearest]
