"""A pair among its batch: how far it stands out, and how many neighbours it shares.

A cosine of .6 says much among coats of all colours and nothing among milk cartons. Both measures
are read off the batch itself and need no labels, so they carry over to goods and to models never
seen. Up to EXACT photos every cosine is looked at; beyond, a sample and a short list for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from grouping import shortlist
from grouping.similarity import Matrix, unit

EXACT = 4000
SAMPLE = 1500
COHORT = 0.1
"""The share of the batch that counts as a photo's look-alikes, at least five photos."""
SPREAD = 0.02
NEAREST = 4
EXPANDED = 2
ANCHOR = 40.0
CENTRED = 0.5
"""The share of the batch's mean photo that is taken out of each: what all have in common, a kind of
goods or a light, says nothing of a pair. All of it would take out too much of a large item."""
CHUNK = 1024
STRETCH = 256
"""Photos whose cosines with those that follow are taken in one product."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Neighbourhood:
    """`rows` (N, D) of length 1; `mean` and `spread` (N,) of each photo's look-alikes' cosines;
    `shared` (N, N) sparse, the overlap 0..1 of two photos' neighbours, 0 on the diagonal."""

    rows: Matrix
    mean: Floats
    spread: Floats
    shared: csr_matrix

    def cosines(self, a: Places, b: Places) -> Floats:
        return np.asarray(np.einsum("ij,ij->i", self.rows[a], self.rows[b]), np.float64)

    def along(self, longest: int) -> Floats:
        """Cosines (N, longest) of photos i and i + d in column d; 0 beyond the last photo."""
        photos, gaps = len(self.rows), np.arange(longest)
        found = np.zeros((photos, longest))
        for start in range(0, photos, STRETCH):
            block = self.rows[start : start + STRETCH]
            cosines = block @ self.rows[start : start + STRETCH + longest - 1].T
            at = np.arange(len(block))[:, None]
            inside = at + gaps < cosines.shape[1]
            places = np.where(inside, at + gaps, 0)
            found[start : start + STRETCH] = np.where(inside, cosines[at, places], 0)
        return found

    def contrast(self, a: Places, b: Places, cosines: Floats | None = None) -> Floats:
        """How many spreads the cosine of photos a and b lies above their look-alikes' mean.

        The symmetric score normalisation of speaker recognition (adaptive S-norm).
        """
        cosines = self.cosines(a, b) if cosines is None else cosines
        by_a = (cosines - self.mean[a]) / self.spread[a]
        by_b = (cosines - self.mean[b]) / self.spread[b]
        return np.asarray((by_a + by_b) / 2, np.float64)


@dataclass(frozen=True)
class Background:
    """Mean and spread of the cosines of a photo's look-alikes, as a model usually has them."""

    mean: float
    spread: float


def neighbourhood(
    vectors: npt.ArrayLike,
    background: Background | None = None,
    neighbours: csr_matrix | None = None,
    *,
    centred: bool = True,
) -> Neighbourhood:
    """Of vectors (N, D). `neighbours` (N, N) holds known cosines of near photos, for large N.

    In a batch of a few photos the look-alikes are photos of the item itself; `background` stands
    in for them, worth ANCHOR photos.
    """
    rows, common = _centred(unit(vectors), CENTRED if centred else 0.0)
    mean, spread = _cohort(rows)
    if background is not None:
        trust = ANCHOR / (ANCHOR + max(len(rows) - 1, 0))
        mean = (1 - trust) * mean + trust * (background.mean - common) / (1 - common)
        spread = (1 - trust) * spread + trust * background.spread / (1 - common)
    nearest = _listed(neighbours) if neighbours is not None else _nearest(rows)
    return Neighbourhood(rows, mean, spread, _shared(_encoded(rows, nearest)))


def usual(vectors: npt.ArrayLike) -> Background:
    """The look-alikes of labelled photos (N, D), for batches that are too small to show theirs."""
    mean, spread = _cohort(unit(vectors))
    return Background(float(mean.mean()), float(spread.mean()))


def _centred(rows: Matrix, most: float) -> tuple[Matrix, float]:
    """Rows less a share of their mean, and what that took from the cosine of two usual ones.

    A few photos have no mean worth the name: they keep theirs.
    """
    centre = rows.mean(axis=0)
    share = most * len(rows) / (len(rows) + ANCHOR)
    common = share * (2 - share) * float(centre @ centre)
    return unit(rows - share * centre), common


def _cohort(rows: Matrix) -> tuple[Floats, Floats]:
    """Mean and spread of each photo's look-alikes, in a sample of the batch if it is large."""
    photos = len(rows)
    sampled = np.arange(photos)
    if photos > SAMPLE:
        sampled = np.sort(np.random.RandomState(0).permutation(photos)[:SAMPLE])
    size = min(max(5, int(COHORT * len(sampled))), len(sampled) - 1)
    if size < 1:
        return np.zeros(photos), np.ones(photos)
    means, spreads = [], []
    for start, cosines in _blocks(rows, rows[sampled]):
        itself = sampled[None] == np.arange(start, start + len(cosines))[:, None]
        cosines[itself] = -1
        top = np.partition(cosines, -size, axis=1)[:, -size:].astype(np.float64)
        means.append(top.mean(axis=1))
        spreads.append(top.std(axis=1) + SPREAD)
    return np.concatenate(means), np.concatenate(spreads)


def _nearest(rows: Matrix) -> list[list[int]]:
    """Each photo's nearest, itself first."""
    wanted = min(NEAREST + 1, len(rows))
    if len(rows) > EXACT:
        return shortlist.nearest(rows, wanted)
    lists: list[list[int]] = []
    for start, cosines in _blocks(rows, rows):
        at = np.arange(len(cosines))
        cosines[at, start + at] = 2
        near = np.sort(np.argpartition(-cosines, wanted - 1, axis=1)[:, :wanted], axis=1)
        order = np.argsort(-np.take_along_axis(cosines, near, axis=1), axis=1, kind="stable")
        lists += np.take_along_axis(near, order, axis=1).tolist()
    return lists


def _blocks(rows: Matrix, columns: Matrix) -> Iterator[tuple[int, Matrix]]:
    for start in range(0, len(rows), CHUNK):
        yield start, rows[start : start + CHUNK] @ columns.T


def _listed(neighbours: csr_matrix) -> list[list[int]]:
    """The same from lists that somebody else found."""
    lists = []
    for photo in range(neighbours.shape[0]):
        span = slice(neighbours.indptr[photo], neighbours.indptr[photo + 1])
        others, cosines = neighbours.indices[span], neighbours.data[span]
        order = np.lexsort((others, -cosines))
        near = [int(other) for other in others[order] if other != photo]
        lists.append([photo, *near[:NEAREST]])
    return lists


def _encoded(rows: Matrix, nearest: Sequence[Sequence[int]]) -> csr_matrix:
    """Each photo as weights on the photos that have it among their own nearest; rows sum to 1.

    k-reciprocal encoding and Jaccard overlap of Zhong et al., "Re-ranking Person
    Re-identification with k-reciprocal Encoding" (2017).
    """
    wide, narrow = _reciprocal(nearest, NEAREST), _reciprocal(nearest, NEAREST // 2)
    pointers, columns, weights = [0], [], []
    for photo, near in enumerate(wide):
        members = set(near)
        for other in near:
            if 3 * len(narrow[other] & near) > 2 * len(narrow[other]):
                members |= narrow[other]
        places = sorted(members)
        raw = np.exp(6 * (rows[places] @ rows[photo]).astype(np.float64))
        columns += places
        weights += (raw / raw.sum()).tolist()
        pointers.append(len(columns))
    alone = csr_matrix((weights, columns, pointers), shape=(len(wide), len(wide)))
    return _averaged(nearest) @ alone


def _reciprocal(nearest: Sequence[Sequence[int]], count: int) -> list[set[int]]:
    lists = [set(near[: count + 1]) for near in nearest]
    return [{other for other in near if photo in lists[other]} for photo, near in enumerate(lists)]


def _averaged(nearest: Sequence[Sequence[int]]) -> csr_matrix:
    """Each photo's encoding is the mean of its own and its nearest's (query expansion)."""
    firsts = [near[:EXPANDED] for near in nearest]
    pointers = np.cumsum([0, *(len(first) for first in firsts)])
    columns = [other for first in firsts for other in first]
    shares = [1 / len(first) for first in firsts for _ in first]
    return csr_matrix((shares, columns, pointers), shape=(len(nearest), len(nearest)))


def _shared(encoded: csr_matrix) -> csr_matrix:
    """Sum of the lesser weights over the sum of the greater ones, for pairs that share any."""
    by_column = encoded.tocsc()
    lefts, rights, lesser = [], [], []
    for column in range(encoded.shape[1]):
        span = slice(by_column.indptr[column], by_column.indptr[column + 1])
        photos, weights = by_column.indices[span], by_column.data[span]
        a, b = np.triu_indices(len(photos), 1)
        lefts.append(photos[a])
        rights.append(photos[b])
        lesser.append(np.minimum(weights[a], weights[b]))
    places = np.concatenate(lefts), np.concatenate(rights)
    upper = csr_matrix((np.concatenate(lesser), places), shape=encoded.shape)
    upper.data = upper.data / (2 - upper.data)
    return (upper + upper.T).tocsr()
