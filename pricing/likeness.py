"""How alike two described things are, 0 to 1, when there are no pictures to compare.

Each trait (category, brand, words of the title, material, colour, size) is compared by itself and
counts as much as it moves prices in this shop: `Factors.importance`, or the defaults.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pricing.traits import Traits, ancestors, plain, several, words

Array = npt.NDArray[np.float64]

DEFAULTS = {
    "category": 0.35,
    "brand": 0.3,
    "title": 0.2,
    "material": 0.08,
    "colour": 0.02,
    "size": 0.05,
}
OWN_SHARE = 0.5  # half from the defaults: a shop of one brand should still look at brands


def blend(importance: dict[str, float]) -> dict[str, float]:
    """Weights of the traits, summing to 1: half learned, half default."""
    if not importance:
        return DEFAULTS
    return {
        trait: OWN_SHARE * default + (1 - OWN_SHARE) * importance.get(trait, 0.0)
        for trait, default in DEFAULTS.items()
    }


Names = tuple[str, ...]


@lru_cache(50_000)  # the sales of a window are compared with one item after another
def tokens(traits: Traits) -> dict[str, Names]:
    """The names that are compared, by trait; none is unknown."""
    return {
        "category": tuple(ancestors(traits.category)),
        "brand": (plain(traits.brand),) if traits.brand.strip() else (),
        "title": tuple(words(traits.title)),
        "material": tuple(several(traits.material)),
        "colour": tuple(several(traits.colour)),
        "size": tuple(several(traits.size)),
    }


@dataclass(frozen=True)
class Shelf:
    """Described things that can be asked "who is like this one?" all at once."""

    matrix: sparse.csr_matrix  # [things, names]; each trait's part has norm sqrt(weight)
    names: dict[tuple[str, str], int]
    rarity: Array  # inverse document frequency of each name; 1 outside titles
    weights: dict[str, float]

    def similarities(self, traits: Traits, rows: npt.NDArray[np.intp] | None = None) -> Array:
        """Similarity of each thing (or of those in `rows`) to `traits`, 0 to 1."""
        found = tokens(traits)
        known = math.fsum(self.weights[trait] for trait, names in found.items() if names)
        if not known:
            return np.zeros(self.matrix.shape[0] if rows is None else len(rows))
        matrix = self.matrix if rows is None else self.matrix[rows]
        return np.clip(np.asarray(matrix @ self._vector(found)) / known, 0.0, 1.0)

    @cached_property
    def _rarest(self) -> float:
        return float(self.rarity.max(initial=1.0))

    def _vector(self, found: dict[str, Names]) -> Array:
        vector = np.zeros(len(self.names))
        for trait, names in found.items():
            for index, value in self.part(trait, names):
                vector[index] = value
        return vector

    def part(self, trait: str, names: Names) -> list[tuple[int, float]]:
        """One trait's names as (column, value), of norm sqrt(weight), unknown names counted in."""
        rarest = self._rarest if trait == "title" else 1.0
        indices = [self.names.get((trait, name)) for name in names]
        values = [rarest if i is None else float(self.rarity[i]) for i in indices]
        norm = math.sqrt(math.fsum(v * v for v in values) or 1.0)
        scale = math.sqrt(self.weights[trait]) / norm
        return [(i, v * scale) for i, v in zip(indices, values, strict=True) if i is not None]


def shelve(
    things: Sequence[Traits], importance: dict[str, float] | None = None, known: int | None = None
) -> Shelf:
    """Make a shelf of these things. Only the first `known` of them tell how rare a word is."""
    found = [tokens(thing) for thing in things]
    names = sorted({(t, name) for thing in found for t, group in thing.items() for name in group})
    index = {name: i for i, name in enumerate(names)}
    empty = sparse.csr_matrix((len(things), len(names)))
    shelf = Shelf(empty, index, _rarity(names, index, found[:known]), blend(importance or {}))
    return Shelf(_matrix(shelf, found), index, shelf.rarity, shelf.weights)


def _rarity(
    names: list[tuple[str, str]],
    index: dict[tuple[str, str], int],
    found: list[dict[str, Names]],
) -> Array:
    """A word in every title says nothing; the other traits' names all count the same."""
    rarity, seen = np.ones(len(names)), np.zeros(len(names))
    for thing in found:
        seen[[index["title", word] for word in thing["title"]]] += 1
    titles = [i for i, (trait, _) in enumerate(names) if trait == "title"]
    rarity[titles] = np.log(1 + (1 + len(found)) / np.maximum(seen[titles], 1))
    return rarity


def _matrix(shelf: Shelf, found: list[dict[str, Names]]) -> sparse.csr_matrix:
    part = lru_cache(None)(shelf.part)  # most things share their category, brand and colour
    cells = [
        (row, column, value)
        for row, thing in enumerate(found)
        for trait, names in thing.items()
        for column, value in part(trait, names)
    ]
    rows, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(found), len(shelf.names)))
