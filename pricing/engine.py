"""The price of one item from what looked like it and sold. Pure: values in, a suggestion out.

Every comparable's price is freed of its own effects (brand, season, trend, condition), the weighted
mean of what is left is taken in log space, and the item's effects are put on again. Because of that
the steps of the waterfall multiply exactly to the price, and a better condition never costs less.
"""

import math
from collections.abc import Sequence

from pricing import rounding
from pricing.evidence import (
    NORMAL_80,
    STANDARD,
    UNCALIBRATED,
    Calibration,
    Evidence,
    Item,
    Line,
    Rules,
    Suggestion,
    Weighed,
)

CLOSE = 0.25  # "close" means within a quarter of what was paid
UNJUDGED = 0.97  # confidence keeps this much when nobody could judge the pictures


def suggest(
    item: Item,
    evidence: Sequence[Evidence],
    rules: Rules = STANDARD,
    calibration: Calibration = UNCALIBRATED,
) -> Suggestion:
    """Price `item`. The order of `evidence` changes nothing; nothing in it is trusted.

    No price is given with fewer than `rules.minimum` comparables or a spread above `rules.widest`.
    """
    chosen, left_out = select(item, evidence, rules)
    inliers, outliers = part(chosen, item, rules)
    left_out += [_left_out(each, "outlier") for each in outliers]
    weights = [weight(each, item.day, rules) for each in inliers]
    comparables = _weighed(item, inliers, weights, rules) + left_out
    if len(inliers) < rules.minimum:
        silence = "too_few" if inliers else "no_sales"
        return Suggestion(rules.currency, tuple(comparables), silence=silence)
    return _priced(item, inliers, weights, tuple(comparables), rules, calibration)


def _priced(
    item: Item,
    used: list[Evidence],
    weights: list[float],
    comparables: tuple[Weighed, ...],
    rules: Rules,
    calibration: Calibration,
) -> Suggestion:
    spread, effective = uncertainty(item, used, weights)
    basis = "mixed" if len({each.basis for each in used}) > 1 else used[0].basis
    if spread > rules.widest:
        return Suggestion(
            rules.currency, comparables, silence="too_wide", spread=spread, basis=basis
        )
    points = rules.points or rounding.points_of(rules.currency)
    lines = waterfall(item, used, weights, rules)
    unrounded = lines[-1].after
    price = rounding.nearest(unrounded, points)
    return Suggestion(
        currency=rules.currency,
        comparables=comparables,
        price=price,
        low=min(price, rounding.down(unrounded * math.exp(calibration.low * spread), points)),
        high=max(price, rounding.up(unrounded * math.exp(calibration.high * spread), points)),
        unrounded=unrounded,
        confidence=confidence(spread, calibration, judged=item.quality is not None),
        spread=spread,
        effective=effective,
        lines=(*lines, Line("rounding", price / unrounded, float(price), len(used))),
        basis=basis,
    )


def select(
    item: Item, evidence: Sequence[Evidence], rules: Rules
) -> tuple[list[Evidence], list[Weighed]]:
    """The best `rules.top` pieces of evidence, most similar first; and the rest with why not."""
    ordered = sorted(evidence, key=lambda each: (-_number(each.similarity), -each.day, each.key))
    chosen: list[Evidence] = []
    left_out: list[Weighed] = []
    for each in ordered:
        why = unfit(each, item, rules) or ("beyond" if len(chosen) >= rules.top else "")
        if why:
            left_out.append(_left_out(each, why))
        else:
            chosen.append(each)
    return chosen, left_out


def unfit(each: Evidence, item: Item, rules: Rules) -> str:
    """Why a sale cannot stand as a comparable; empty when it can."""
    floor = rules.floor if each.basis == "picture" else rules.described_floor
    checks = {
        "struck": bool(each.struck),
        "currency": each.currency != rules.currency,
        "price": not (each.price > 0 and math.isfinite(each.price + each.effects.total)),
        "window": not 0 <= item.day - each.day <= rules.window_days,
        "similarity": not floor < each.similarity <= 1 + 1e-6,
    }
    return next((why for why, is_so in checks.items() if is_so), "")


def bare(each: Evidence) -> float:
    """The log price without the sale's own effects: what is left is the thing itself."""
    return math.log(each.price) - each.effects.total


def part(chosen: list[Evidence], item: Item, rules: Rules) -> tuple[list[Evidence], list[Evidence]]:
    """Tell the ones whose price does not fit the others (Hampel's rule on the weighted median)."""
    if len(chosen) < 5:
        return chosen, []
    values = [bare(each) for each in chosen]
    weights = [weight(each, item.day, rules) for each in chosen]
    centre = quantile(values, weights, 0.5)
    deviation = 1.4826 * quantile([abs(v - centre) for v in values], weights, 0.5)
    limit = max(rules.outlier_spreads * deviation, rules.outlier_least)
    inside = [abs(value - centre) <= limit for value in values]
    kept = [each for each, is_in in zip(chosen, inside, strict=True) if is_in]
    return kept, [each for each, is_in in zip(chosen, inside, strict=True) if not is_in]


def recency(age_days: float, rules: Rules) -> float:
    """1 today, 1/2 after a half-life."""
    return float(0.5 ** (max(age_days, 0.0) / rules.half_life_days))


def weight(each: Evidence, day: float, rules: Rules) -> float:
    """Similarity x recency."""
    return each.similarity * recency(day - each.day, rules)


def mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


def quantile(values: Sequence[float], weights: Sequence[float], share: float) -> float:
    """The smallest value that has at least `share` of the weight at or below it."""
    goal, total = share * math.fsum(weights), 0.0
    ordered = sorted(zip(values, weights, strict=True))
    for value, each in ordered:
        total += each
        if total >= goal * (1 - 1e-12):
            return value
    return ordered[-1][0]


def uncertainty(item: Item, used: list[Evidence], weights: list[float]) -> tuple[float, float]:
    """Expected log error and effective sample size (Kish: (sum w)^2 / sum w^2).

    The spread of the comparables is shrunk to the shop's own (4 sales' worth), widened by the error
    of the mean and by how unlike the comparables are.
    """
    values = [bare(each) for each in used]
    centre = mean(values, weights)
    effective = math.fsum(weights) ** 2 / math.fsum(w * w for w in weights)
    variance = mean([(v - centre) ** 2 for v in values], weights)
    shrunk = (effective * variance + 4 * item.sigma**2) / (effective + 4)
    unlike = 1 - mean([each.similarity for each in used], weights)
    return math.sqrt(shrunk * (1 + 1 / effective) + (0.3 * unlike) ** 2), effective


def confidence(spread: float, calibration: Calibration, *, judged: bool) -> float:
    """The chance that the sale lies within 25 % of the price, as far as the backtest knows."""
    known = interpolate(calibration.curve, said_of(spread, calibration.high - calibration.low))
    return min(max(known * (1.0 if judged else UNJUDGED), 0.0), 0.99)


def said_of(spread: float, width: float) -> float:
    """The chance that a normal error of this spread is close; `width` of 80 % in spreads."""
    sigma = max(spread * max(width, 1e-3) / (2 * NORMAL_80), 1e-6)
    above, below = math.log(1 + CLOSE) / sigma, -math.log(1 - CLOSE) / sigma
    return (math.erf(above / math.sqrt(2)) + math.erf(below / math.sqrt(2))) / 2


def interpolate(curve: Sequence[tuple[float, float]], x: float) -> float:
    """Piecewise linear through rising points; `x` itself where there is no curve."""
    if not curve:
        return x
    before = [point for point in curve if point[0] <= x]
    after = [point for point in curve if point[0] > x]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (x0, y0), (x1, y1) = before[-1], after[0]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def multiplier(quality: float | None, rules: Rules) -> float:
    """0.5 is an ordinary picture and changes nothing; bounded by `rules.quality_reach`."""
    if quality is None or not math.isfinite(quality):
        return 1.0
    return 1 + rules.quality_reach * (2 * min(max(quality, 0.0), 1.0) - 1)


def waterfall(
    item: Item, used: list[Evidence], weights: list[float], rules: Rules
) -> tuple[Line, ...]:
    """From the comparables' mean price to the unrounded suggestion, one factor at a time."""
    n, seen = len(used), item.seen
    after = math.exp(mean([math.log(each.price) for each in used], weights))
    lines = [Line("base", 1.0, after, n)]
    for name in ("traits", "season", "trend", "condition"):
        theirs = mean([getattr(each.effects, name) for each in used], weights)
        factor = math.exp(getattr(item.effects, name) - theirs)
        after *= factor
        lines.append(Line(name, factor, after, seen.get(name, n)))
    pull = math.exp(_pull(item, used, weights, rules))
    lines.append(Line("general", pull, after * pull, seen.get("general", 0)))
    quality = multiplier(item.quality, rules)
    lines.append(Line("quality", quality, after * pull * quality, int(item.quality is not None)))
    return tuple(lines)


def _pull(item: Item, used: list[Evidence], weights: list[float], rules: Rules) -> float:
    """How far the shop's general level draws few comparables to itself, natural log."""
    if item.general is None:
        return 0.0
    priors = {"picture": rules.prior_weight}
    prior = mean([priors.get(each.basis, rules.described_prior) for each in used], weights)
    share = prior / (prior + math.fsum(weights))
    return share * (item.general - mean([bare(each) for each in used], weights))


def _weighed(item: Item, used: list[Evidence], weights: list[float], rules: Rules) -> list[Weighed]:
    total = math.fsum(weights)
    return [
        Weighed(
            each.key,
            each.price,
            each.day,
            each.similarity,
            each.basis,
            recency=recency(item.day - each.day, rules),
            weight=w,
            share=w / total,
            adjusted=math.exp(bare(each) + item.effects.total),
        )
        for each, w in zip(used, weights, strict=True)
    ]


def _left_out(each: Evidence, why: str) -> Weighed:
    similarity = _number(each.similarity)
    return Weighed(
        each.key, each.price, each.day, similarity, each.basis, excluded=why, reason=each.struck
    )


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0
