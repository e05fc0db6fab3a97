"""How good the grouping is, as numbers: pairs, clusters, and the work left to staff."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score


@dataclass(frozen=True)
class Quality:
    """`precision`, `recall` and `f1` count pairs of photos put together; all 0..1.

    `ari` is the adjusted Rand index. `edits_per_100` counts staff actions from the proposal to
    the truth for each 100 photos: see `edits`.
    """

    photos: int
    items: int
    precision: float
    recall: float
    f1: float
    ari: float
    edits_per_100: float


def quality(proposed: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """Compare two labellings of the same photos, in the same order."""
    both = _pairs(Counter(zip(proposed, truth, strict=True)))
    found, true = _pairs(Counter(proposed)), _pairs(Counter(truth))
    precision = both / found if found else 1.0
    recall = both / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Quality(
        photos=len(truth),
        items=len(set(truth)),
        precision=precision,
        recall=recall,
        f1=f1,
        ari=float(adjusted_rand_score(list(map(str, truth)), list(map(str, proposed)))),
        edits_per_100=100 * edits(proposed, truth) / max(len(truth), 1),
    )


@dataclass(frozen=True)
class Bin:
    """Pairs scored from `low` up to below `high`: how many, and which share truly is one item."""

    low: float
    high: float
    pairs: int
    share: float | None


EDGES = (0.05, 0.25, 0.5, 0.75, 0.85, 0.92, 1.0)


def reliability(scores: npt.NDArray[np.float64], same: npt.NDArray[np.bool_]) -> list[Bin]:
    """Whether scores 0..1 (N,) mean what they say of the truth (N,), in the bands staff see."""
    bins = []
    for low, high in pairwise(EDGES):
        inside = (scores >= low) & ((scores < high) | (high == EDGES[-1]))
        share = float(same[inside].mean()) if inside.any() else None
        bins.append(Bin(low, high, int(inside.sum()), share))
    return bins


def edits(proposed: Sequence[Hashable], truth: Sequence[Hashable]) -> int:
    """Staff actions from the proposal to the truth.

    Each group is cut into its items: every item in it but the largest leaves by one action, a
    split of the selected photos, which a `move` makes at once into the item's other group. Then
    the parts of one item are joined: a merge for each part that no move has brought home. A part
    that leaves one group and joins another costs one action, not two.
    """
    overlap = Counter(zip(proposed, truth, strict=True))
    hosts: dict[Hashable, tuple[int, Hashable]] = {}
    for (group, item), count in sorted(overlap.items(), key=str):
        hosts[group] = max(hosts.get(group, (0, item)), (count, item), key=lambda h: h[0])
    kept = Counter(item for _, item in hosts.values())
    leaving = sum(1 for group, item in overlap if hosts[group][1] != item)
    merges = sum(count - 1 for count in kept.values())
    return leaving + merges


def _pairs(counts: Counter[Hashable]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())
