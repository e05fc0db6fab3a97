"""A generated market whose truth is known: drift, seasons, brands, conditions, noise."""

import math
from dataclasses import dataclass

import numpy as np

from pricing.factors import Sold
from pricing.traits import CONDITIONS, Traits

CONDITION_EFFECTS = (0.30, 0.14, 0.0, -0.13, -0.40, -0.85)
START = 19_000.0


@dataclass(frozen=True)
class Market:
    """Sales in order, and the log price that each would have had without noise."""

    sales: list[Sold]
    truth: dict[str, float]


def make_market(
    sales: int = 2_500, *, days: float = 730, noise: float = 0.25, seed: int = 1
) -> Market:
    random = np.random.default_rng(seed)
    categories = [f"{top}/{leaf}" for top in ("women", "men", "home") for leaf in "abcd"]
    level = dict(zip(categories, random.normal(0, 0.7, len(categories)), strict=True))
    brands = {f"brand {n}": effect for n, effect in enumerate(random.normal(0, 0.5, 20))}
    materials = {f"material {n}": effect for n, effect in enumerate(random.normal(0, 0.15, 5))}
    found, truth = [], {}
    for number in range(sales):
        key, day = f"{number:06}", START + days * number / sales
        category, brand = str(random.choice(categories)), str(random.choice([*brands]))
        material = str(random.choice([*materials]))
        grade = int(random.choice(6, p=(0.06, 0.2, 0.34, 0.26, 0.11, 0.03)))
        season = 0.12 * math.cos(2 * math.pi * (day % 365.25) / 365.25 + len(category))
        truth[key] = (
            9 + level[category] + brands[brand] + materials[material] + CONDITION_EFFECTS[grade]
            + season + 0.1 * (day - START) / 365
        )  # fmt: skip
        price = round(math.exp(truth[key] + noise * random.standard_normal()))
        traits = Traits(category, brand, CONDITIONS[grade], f"{material} thing", "", material)
        found.append(Sold(key, day, price, traits))
    return Market(found, truth)
