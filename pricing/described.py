"""Sales as they were described, kept ready to be compared for as long as they stay as they are.

To read the sales of a category and lay their words out costs five times as much as to compare them
with an item, and a shop prices one item after another. So each process keeps the last few of them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.db.models import TextField
from django.db.models.expressions import RawSQL

from pricing import likeness
from pricing.lessons import sold_of
from pricing.likeness import Array, Shelf
from pricing.sales import SaleQuerySet
from pricing.traits import Traits

STAMP = RawSQL(
    "concat_ws(' ', pricing_sale.id, pricing_sale.xmin, pricing_sale.ctid)", (), TextField()
)
"""Another one after every change of a sale: who wrote the row, and where it lies."""
KEPT = 32  # of at most 1,500 sales, a kilobyte each

Row = tuple[Any, ...]
Key = tuple[frozenset[str], tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class Described:
    """Some sales by their stamps, and their shelf; `rows` and the shelf are in the same order."""

    rows: Sequence[Row]
    places: dict[str, int]
    shelf: Shelf

    def alike(self, traits: Traits, stamps: Sequence[str]) -> tuple[list[Row], Array]:
        """The rows of these stamps, in their order, and how much each is like `traits`, 0 to 1."""
        places = [self.places[stamp] for stamp in stamps]
        return [self.rows[place] for place in places], self.shelf.similarities(traits)[places]


def compared(
    sales: SaleQuerySet, columns: Sequence[str], importance: dict[str, float], traits: Traits
) -> tuple[list[Row], Array]:
    """(pk, *columns) of each of `sales`, in their order, and its likeness to `traits`, 0 to 1.

    `columns` begin with those of `sold_of`.
    """
    stamps = list(sales.values_list(STAMP, flat=True))
    found = _known(_key(stamps, importance))
    if found is None:
        found = _read(sales, columns, importance)
        stamps = list(found.places)  # a sale may have changed between the two reads
        _keep(_key(stamps, importance), found)
    return found.alike(traits, stamps)


def _read(sales: SaleQuerySet, columns: Sequence[str], importance: dict[str, float]) -> Described:
    rows = list(sales.values_list(STAMP, "pk", *columns))
    shelf = likeness.shelve([sold_of(row[2:]).traits for row in rows], importance)
    places = {row[0]: place for place, row in enumerate(rows)}
    return Described([row[1:] for row in rows], places, shelf)


_kept: OrderedDict[Key, Described] = OrderedDict()
_lock = Lock()


def _key(stamps: Sequence[str], importance: dict[str, float]) -> Key:
    return frozenset(stamps), tuple(sorted(importance.items()))


def _known(key: Key) -> Described | None:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _keep(key: Key, found: Described) -> None:
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
