"""A ridge regression over many sparse columns that finds out how far to trust each group of them.

Every group of columns (brands, words, seasons, ...) has its own prior spread, learned by
expectation-maximisation (MacKay 1992; the diagonal approximation of the posterior), so a brand seen
twice moves little and a brand seen 500 times says what it says. Errors weigh by Huber's rule: a
mistyped price does not bend the market.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.float64]
Column = tuple[str, str]
Row = Sequence[tuple[str, str, float]]

ROUNDS = 9
RARE = 3  # rows; below this a column is left out unless its group says otherwise
HUBER = 1.345  # 95 % efficient when the errors are normal after all
TAU_RANGE = (1e-3, 2.0)
FIRST_TAU = 0.3
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Table:
    """Rows as a sparse matrix, [rows, columns], with the name of each column."""

    columns: list[Column]
    matrix: sparse.csr_matrix

    def groups(self) -> dict[str, npt.NDArray[np.intp]]:
        """Column numbers of each group."""
        found: dict[str, list[int]] = {}
        for index, (group, _) in enumerate(self.columns):
            found.setdefault(group, []).append(index)
        return {group: np.array(indices) for group, indices in found.items()}


@dataclass(frozen=True)
class Fit:
    """`log_price ~ intercept + matrix @ coefficients`, in natural logs."""

    intercept: float
    coefficients: Array  # one for each column of the table; 0 where the column was too rare
    counts: Array  # rows behind each column
    sigma: float  # robust spread of the residuals
    taus: dict[str, float]  # learned prior spread of each group


def tabulate(rows: Sequence[Row]) -> Table:
    """Encode rows of (group, name, value). Columns are sorted: the order of rows is no matter."""
    names = sorted({(group, name) for row in rows for group, name, _ in row})
    index = {name: i for i, name in enumerate(names)}
    values = [value for row in rows for _, _, value in row]
    columns = [index[group, name] for row in rows for group, name, _ in row]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    matrix = sparse.csr_matrix((values, columns, starts), shape=(len(rows), len(names)))
    return Table(names, matrix)


def fit(table: Table, log_prices: Array, rarest: Mapping[str, int], *, rounds: int = ROUNDS) -> Fit:
    """Fit on every row of the table. Columns in fewer rows than `rarest` of their group (or
    `RARE`) get 0."""
    counts = np.asarray((table.matrix != 0).sum(axis=0)).ravel().astype(float)
    needed = np.array([rarest.get(group, RARE) for group, _ in table.columns])
    kept = np.flatnonzero(counts >= needed)
    small = Table([table.columns[i] for i in kept], table.matrix[:, kept].tocsr())
    middle = float(np.median(log_prices))
    beta, sigma, taus = _learn(small, log_prices - middle, rounds)
    coefficients = np.zeros(len(table.columns))
    coefficients[kept] = beta[1:]
    return Fit(middle + float(beta[0]), coefficients, counts, sigma, taus)


def _learn(table: Table, y: Array, rounds: int) -> tuple[Array, float, dict[str, float]]:
    """Alternate between coefficients, error weights and prior spreads."""
    x = sparse.hstack([np.ones((len(y), 1)), table.matrix], format="csr")
    squares = x.multiply(x).tocsc()
    groups = {group: index + 1 for group, index in table.groups().items()}
    taus = dict.fromkeys(groups, FIRST_TAU)
    beta, weights = np.zeros(x.shape[1]), np.ones(len(y))
    sigma = _spread(y)
    for _ in range(rounds):
        penalty = _penalty(groups, taus, sigma, x.shape[1])
        beta = _solve(x, y, weights, penalty, beta)
        residuals = y - x @ beta
        sigma = _spread(residuals)
        weights = np.minimum(1, HUBER * sigma / np.maximum(np.abs(residuals), 1e-12))
        strength = np.asarray(squares.T @ weights).ravel()
        sigma *= _lost(strength, penalty, len(y))
        taus = {g: _tau(beta[i], strength[i], sigma, taus[g]) for g, i in groups.items()}
    return beta, sigma, taus


def _lost(strength: Array, penalty: Array, rows: int) -> float:
    """How much the residuals are too small because the coefficients have seen them."""
    freedom = float(np.sum(strength / (strength + penalty)))
    return float(np.sqrt(rows / max(rows - freedom, rows / 4)))


def _penalty(
    groups: dict[str, npt.NDArray[np.intp]], taus: dict[str, float], sigma: float, size: int
) -> Array:
    penalty = np.full(size, 1e-9)  # the intercept is free
    for group, index in groups.items():
        penalty[index] = sigma**2 / taus[group] ** 2
    return penalty


def _tau(beta: Array, strength: Array, sigma: float, tau: float) -> float:
    """EM step for the spread of a group: mean of squared estimate plus what is still unknown."""
    unknown = 1 / (strength / sigma**2 + 1 / tau**2)
    found = float(np.sqrt(np.mean(beta**2 + unknown)))
    return min(max(found, TAU_RANGE[0]), TAU_RANGE[1])


def _solve(x: sparse.csr_matrix, y: Array, weights: Array, penalty: Array, start: Array) -> Array:
    """(X'WX + P) b = X'Wy by conjugate gradients, scaled by the diagonal."""
    turned = x.T.tocsr()
    diagonal = np.asarray(x.multiply(x).T @ weights).ravel() + penalty

    def apply(b: Array) -> Array:
        product: Array = turned @ (weights * (x @ b)) + penalty * b
        return product

    return _conjugate(apply, turned @ (weights * y), diagonal, start)


def _conjugate(
    apply: Callable[[Array], Array], right: Array, diagonal: Array, start: Array
) -> Array:
    b = start.copy()
    residual = right - apply(b)
    z = residual / diagonal
    direction, rho = z.copy(), float(residual @ z)
    goal = 1e-10 * max(float(right @ (right / diagonal)), 1e-12)
    for _ in range(200):
        if rho <= goal:
            break
        image = apply(direction)
        step = rho / float(direction @ image)
        b += step * direction
        residual -= step * image
        z = residual / diagonal
        rho, before = float(residual @ z), rho
        direction = z + (rho / before) * direction
    return b


def _spread(residuals: Array) -> float:
    """Robust standard deviation, never quite zero."""
    centre = np.median(residuals)
    return max(MAD_TO_SIGMA * float(np.median(np.abs(residuals - centre))), 0.02)
