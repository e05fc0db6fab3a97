"""Cuts a stream of photos into runs of one item: a semi-Markov model over the shooting order.

A run of n photos weighs (n-1) times the mean evidence of its pairs, and the chance of n. All ways
of cutting are summed by forward and backward passes, so each pair gets the chance that no cut lies
between.
Time and memory are photos x longest run.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NEW_ITEM = 0.3
"""How often the next photo shows a new item, before anything is seen."""
SEEN_ITEMS, SEEN_PHOTOS = 6.0, 20.0
"""The stretch of photos that NEW_ITEM is worth while it is learned from the batch."""
USUAL_ITEMS = 15.0
"""The items that a plain chance of a new item is worth while the lengths of runs are learned."""
LEARNING = 3


def chances(evidence: Floats, boundary: Floats, learning: int = LEARNING) -> Floats:
    """The chance (N, L) that photos i and i+d (column d, column 0 is 1) lie in one run.

    `evidence` (N, L) holds nats for photos i and i+d being one item; `boundary` (N,) nats for a
    new item beginning at each photo. How many photos an item has is learned in `learning` rounds:
    whoever takes four of each rarely takes seven.
    """
    lengths = _memoryless(NEW_ITEM, evidence.shape[1])
    for _ in range(learning):
        lengths = _learned(_weights(evidence, boundary, lengths).sum(axis=0), len(evidence))
    return _together(_weights(evidence, boundary, lengths))


def _memoryless(rate: float, longest: int) -> Floats:
    """Nats (L,) of a run of 1..L photos, where each next photo may as well be a new item."""
    return np.asarray(np.log(rate) + np.arange(longest) * np.log(1 - rate), np.float64)


def _learned(counts: Floats, photos: int) -> Floats:
    """Nats (L,) of a run's length, from the runs (L,) to expect of each length in the batch."""
    items = float(counts.sum())
    rate = float(np.clip((items + SEEN_ITEMS) / (photos + SEEN_PHOTOS), 0.05, 0.8))
    usual = np.exp(_memoryless(rate, len(counts)))
    return np.asarray(np.log((counts + USUAL_ITEMS * usual) / (items + USUAL_ITEMS)), np.float64)


def _weights(evidence: Floats, boundary: Floats, lengths: Floats) -> Floats:
    """The chance (N, L) that a run of 1..L photos begins at each photo."""
    runs = _runs(evidence, lengths)
    photos, longest = runs.shape
    forward = np.full(photos + 1, -np.inf)
    backward = np.full(photos + 1, -np.inf)
    forward[0] = backward[photos] = 0.0
    opening = boundary.copy()
    opening[:1] = 0.0
    runs = runs + opening[:, None]
    sizes = np.arange(1, longest + 1)
    starts = np.arange(1, photos + 1)[:, None] - sizes
    ending = np.where(starts < 0, -np.inf, runs[np.maximum(starts, 0), sizes - 1])
    for end in range(1, photos + 1):
        many = min(longest, end)
        before = forward[end - many : end][::-1]
        forward[end] = np.logaddexp.reduce(before + ending[end - 1, :many])
    for start in range(photos - 1, -1, -1):
        many = min(longest, photos - start)
        backward[start] = np.logaddexp.reduce(
            runs[start, :many] + backward[start + 1 : start + many + 1]
        )
    ends = np.minimum(np.arange(photos)[:, None] + sizes, photos)
    found = forward[:photos, None] + runs + backward[ends] - forward[photos]
    return np.asarray(np.exp(found), np.float64)


def _runs(evidence: Floats, lengths: Floats) -> Floats:
    """Nats (N, L) of a run of length 1..L from each photo; -inf where it leaves the stream."""
    photos, longest = evidence.shape
    arriving = np.zeros((photos, longest))
    for gap in range(1, min(longest, photos)):
        arriving[gap:, gap] = evidence[: photos - gap, gap]
    arriving = np.cumsum(arriving, axis=1)
    inner = np.zeros((photos, longest))
    for length in range(2, min(longest, photos) + 1):
        starts = photos - length + 1
        gained = arriving[length - 1 :, length - 1]
        inner[:starts, length - 1] = inner[:starts, length - 2] + gained
    sizes = np.arange(1, longest + 1)
    weighed = inner * 2 / sizes + lengths
    beyond = np.arange(photos)[:, None] + sizes > photos
    return np.where(beyond, -np.inf, weighed)


def _together(weights: Floats) -> Floats:
    """From the weight of each run (start, length) to the weight of runs over each pair."""
    photos, longest = weights.shape
    over = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    pairs = np.zeros((photos, longest))
    before = np.zeros(longest)
    for photo in range(photos):
        before = over[photo] + np.append(before[1:], 0.0)
        pairs[photo] = before
    return np.clip(pairs, 0, 1)
