"""A dear brand is not dear by the same share in everything: bags yes, socks less. Pure.

A first regression ranks the brands; a second one learns how far that rank counts in each category
and with each word. Few numbers say it, so it also holds for a brand never sold in that category.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pricing import ridge
from pricing.traits import Traits, ancestors, plain, words

Array = npt.NDArray[np.float64]

RANK = "rank"  # the group under which the ranks themselves are kept


def cells(traits: Traits, rank: float) -> Iterator[tuple[str, str, float]]:
    """The columns that tell where the rank counts; none for a brand that has none."""
    if rank:
        yield from (("rank_category", path, rank) for path in ancestors(traits.category))
        yield from (("rank_word", word, rank) for word in words(traits.title))


def of_brands(table: ridge.Table, found: ridge.Fit) -> dict[str, float]:
    """Brand -> its effect in natural logs, as far as its sales allow to say."""
    pairs = zip(table.columns, found.coefficients, strict=True)
    return {name: float(effect) for (group, name), effect in pairs if group == "brand" and effect}


def without_itself(
    brands: Sequence[str], table: ridge.Table, found: ridge.Fit, log_prices: Array
) -> list[float]:
    """The rank of each row's brand had the row not been there.

    Else a brand's only sale would explain its own price, and the rank would seem to count for more
    than it does. A ridge's effect is S / (n + k), S the sum of what its n rows leave unexplained.
    """
    ranks = of_brands(table, found)
    counts = _counts(table, found)
    k = (found.sigma / found.taus.get("brand", 1.0)) ** 2
    limit = ridge.HUBER * found.sigma
    rest = log_prices - found.intercept - table.matrix @ found.coefficients
    rest = np.clip(rest, -limit, limit)
    found_ranks = []
    for brand, left in zip(map(plain, brands), rest, strict=True):
        rank, n = ranks.get(brand, 0.0), counts.get(brand, 0.0)
        others = ((n + k) * rank - (left + rank)) / (n - 1 + k) if rank and n else 0.0
        found_ranks.append(float(others))
    return found_ranks


def _counts(table: ridge.Table, found: ridge.Fit) -> Mapping[str, float]:
    pairs = zip(table.columns, found.counts, strict=True)
    return {name: float(count) for (group, name), count in pairs if group == "brand"}
