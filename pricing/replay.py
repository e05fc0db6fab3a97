"""Replay a shop's history: price every sale with only what was known the moment before it.

Pure. Sales of one day or another are told apart by `day`; a sale never sees one of the same moment.
Where there is no history to replay (nearly all rows carry one date, as scraped asking prices do),
ten folds take its place: each tenth is priced from the other nine.
"""

import zlib
from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pricing import engine, factors
from pricing.calibration import calibrate
from pricing.evidence import UNCALIBRATED, Calibration, Effects, Evidence, Item, Rules, Suggestion
from pricing.factors import Factors, Sold
from pricing.gathering import Likely, gather
from pricing.likeness import Shelf, shelve
from pricing.traits import ancestors, leaf, plain

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

GROWTH = 1.15  # learn anew when there are 15 % more sales,
MONTH = 30.0  # and at least every month
FOLDS = 10
FEWEST_DAYS = 8  # distinct days that make a history
RECALIBRATE = 50  # outcomes
REMEMBER = 500  # outcomes that the calibration looks back on: the first, ignorant ones must fade


@dataclass(frozen=True)
class History:
    """Sales of one currency, oldest first. `vectors` [n, d] of norm 1, 0 without picture."""

    sales: Sequence[Sold]
    vectors: npt.NDArray[np.float32] | None = None

    @property
    def days(self) -> Array:
        return np.array([sale.day for sale in self.sales])

    @property
    def mode(self) -> str:
        return "replay" if self.is_dated else "folds"

    @property
    def is_dated(self) -> bool:
        return len({int(sale.day) for sale in self.sales}) >= FEWEST_DAYS


@dataclass(frozen=True)
class Outcome:
    """What would have been said of one sale, beside what three rules of thumb would have said."""

    sale: Sold
    suggestion: Suggestion
    baselines: dict[str, float]  # category, brand_category, overall: medians in minor units


@dataclass(frozen=True)
class Block:
    """Rows priced with the same factors. `learned` ones taught them; `pool` may be evidence."""

    learned: Index
    tested: Index
    pool: Index


@dataclass
class Medians:
    """Running medians of everything sold so far, overall and by category and brand."""

    prices: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sale: Sold) -> None:
        for name in ("", *_names(sale)):
            insort(self.prices[name], sale.price)

    def of(self, sale: Sold) -> dict[str, float]:
        category, brand = _names(sale)
        overall = _median(self.prices[""])
        by_category = _median(self.prices[category]) or overall
        by_brand = _median(self.prices[brand]) or by_category
        return {"category": by_category, "brand_category": by_brand, "overall": overall}


def _names(sale: Sold) -> tuple[str, str]:
    category = leaf(sale.traits.category)
    return f"c|{category}", f"b|{category}|{plain(sale.traits.brand)}"


def _median(ordered: list[int]) -> float:
    middle = len(ordered) // 2
    if not ordered:
        return 0.0
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def in_order(sales: Sequence[Sold]) -> list[Sold]:
    return sorted(sales, key=lambda sale: (sale.day, sale.key))


def replay(
    history: History, rules: Rules, since: float = -np.inf, until: float = np.inf
) -> Iterator[Outcome]:
    """Price the sales from day `since` to `until`, in order. `history.sales` must be in order."""
    days = history.days
    wanted = (days >= since) & (days < until)
    memory = Memory(dated=history.is_dated)
    for block in blocks(history, wanted):
        yield from _block(history, block, rules, memory)


def blocks(history: History, wanted: npt.NDArray[np.bool_]) -> Iterator[Block]:
    if history.is_dated:
        yield from _dated(history.days, wanted)
    else:
        yield from _folds(history, wanted)


def _dated(days: Array, wanted: npt.NDArray[np.bool_]) -> Iterator[Block]:
    """Stretches of time, each after a fresh look at everything before it."""
    start = int(np.argmax(wanted)) if wanted.any() else len(days)
    while start < len(days):
        first = int(np.searchsorted(days, days[start]))  # all rows before the moment of `start`
        by_growth = max(int(first * GROWTH), first + factors.FEWEST // 2)
        by_month = int(np.searchsorted(days, days[start] + MONTH))
        end = max(min(by_growth, by_month, len(days)), start + 1)
        end = int(np.searchsorted(days, days[end - 1], side="right"))  # never cut through a moment
        tested = np.arange(start, end)
        yield Block(np.arange(first), tested[wanted[start:end]], np.arange(end))
        start = end


def _folds(history: History, wanted: npt.NDArray[np.bool_]) -> Iterator[Block]:
    fold = np.array([zlib.crc32(sale.key.encode()) % FOLDS for sale in history.sales], dtype=int)
    for number in range(FOLDS):
        others = np.flatnonzero(fold != number)
        yield Block(others, np.flatnonzero((fold == number) & wanted), others)


@dataclass
class Memory:
    """What the replay has learned about itself so far: how wrong it was, and running medians."""

    dated: bool
    outcomes: list[Outcome] = field(default_factory=list)
    calibration: Calibration = UNCALIBRATED
    calibrated_at: int = 0
    medians: Medians = field(default_factory=Medians)
    counted: int = 0

    def before(self, history: History, block: Block, row: int) -> dict[str, float]:
        """Baselines for `row`; in dated replays the running medians catch up to it first."""
        sale = history.sales[row]
        if self.dated:
            while history.sales[self.counted].day < sale.day:
                self.medians.add(history.sales[self.counted])
                self.counted += 1
        return self.medians.of(sale)

    def recalibrate(self, day: float) -> None:
        """From outcomes known before `day`; of folds, from the folds before."""
        if len(self.outcomes) < self.calibrated_at + RECALIBRATE:
            return
        known = [o for o in self.outcomes[-REMEMBER:] if not self.dated or o.sale.day < day]
        self.calibration = calibrate([(o.suggestion, o.sale.price) for o in known])
        self.calibrated_at = len(self.outcomes)


def _block(history: History, block: Block, rules: Rules, memory: Memory) -> Iterator[Outcome]:
    if not len(block.tested):
        return
    learned = factors.learn([history.sales[i] for i in block.learned])
    if not memory.dated:
        memory.medians = Medians()
        for i in block.learned:
            memory.medians.add(history.sales[i])
    scene = Scene.of(history, block, learned, rules, dated=memory.dated)
    for row in block.tested:
        memory.recalibrate(history.sales[row].day)
        baselines = memory.before(history, block, int(row))
        suggestion = scene.price(int(row), memory.calibration)
        outcome = Outcome(history.sales[row], suggestion, baselines)
        memory.outcomes.append(outcome)
        yield outcome


@dataclass(frozen=True)
class Scene:
    """One block made ready: the sales that may be evidence, encoded once."""

    history: History
    learned: Factors
    rules: Rules
    dated: bool
    rows: Index  # evidence, oldest first
    days: Array
    shelf: Shelf
    effects: dict[int, Effects]

    @classmethod
    def of(
        cls, history: History, block: Block, learned: Factors, rules: Rules, *, dated: bool
    ) -> "Scene":
        days = history.days[block.pool]
        if dated:
            first = history.sales[block.tested[0]].day - rules.window_days
            rows = block.pool[days >= first]
        else:
            rows = block.pool
        known = len(rows) if not dated else int(np.searchsorted(rows, len(block.learned)))
        shelf = shelve([history.sales[i].traits for i in rows], learned.importance, known)
        return cls(history, learned, rules, dated, rows, history.days[rows], shelf, {})

    def price(self, row: int, calibration: Calibration) -> Suggestion:
        sale = self.history.sales[row]
        seen = self._seen(sale)
        item = Item(
            sale.day,
            self._effects(row),
            quality=0.5,  # the pictures of long ago are taken as ordinary
            general=self.learned.intercept,
            sigma=self.learned.sigma,
        )
        evidence = [
            Evidence(
                self.history.sales[i].key,
                self.history.sales[i].price,
                self.rules.currency,
                self.history.sales[i].day if self.dated else sale.day,
                similarity,
                self._effects(i),
                basis,
            )
            for i, similarity, basis in self._evidence(row, sale, seen)
        ]
        return engine.suggest(item, evidence, self.rules, calibration)

    def _seen(self, sale: Sold) -> Index:
        if not self.dated:
            return np.arange(len(self.rows))
        window = sale.day - self.rules.window_days, sale.day
        start, end = np.searchsorted(self.days, window[0]), np.searchsorted(self.days, window[1])
        return np.arange(start, end)

    def _evidence(self, row: int, sale: Sold, seen: Index) -> list[tuple[int, float, str]]:
        likely = [*self._pictured(row, seen), *self._described(sale, seen)]
        return [
            (int(self.rows[int(each.key)]), each.similarity, each.basis)
            for each in gather(likely, ancestors(sale.traits.category), self.rules)
        ]

    def _pictured(self, row: int, seen: Index) -> list[Likely]:
        vectors = self.history.vectors
        if vectors is None or not vectors[row].any():
            return []
        return self._likely(seen, vectors[self.rows[seen]] @ vectors[row], "picture")

    def _described(self, sale: Sold, seen: Index) -> list[Likely]:
        return self._likely(seen, self.shelf.similarities(sale.traits, seen), "description")

    def _likely(self, seen: Index, similarities: Array, basis: str) -> list[Likely]:
        floor = self.rules.floor if basis == "picture" else self.rules.described_floor
        return [
            Likely(str(seen[i]), float(similarities[i]), basis, self._category(int(seen[i])))
            for i in np.flatnonzero(similarities > floor)
        ]

    def _category(self, position: int) -> str:
        sale: Sold = self.history.sales[self.rows[position]]
        return sale.traits.category

    def _effects(self, row: int) -> Effects:
        if row not in self.effects:
            sale = self.history.sales[row]
            self.effects[row] = self.learned.of(sale.traits, sale.day)
        return self.effects[row]
