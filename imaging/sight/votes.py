"""What a thing is, by what the shop's own things that look like it are.

Never invents: what no neighbour is called is not said, and a thin or divided vote is "unknown".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from imaging.pixels.rules import told

UNKNOWN = ""


@dataclass(frozen=True)
class Rules:
    """`floor`: cosine below which a neighbour says nothing; `alike_from`: from here on one counts
    in full; `sure_from`: least confidence that is said. Real things of one kind are alike by .87
    to .94 (half of them, apparel set); what is painted or of another kind reaches .85.
    """

    neighbours: int = 15
    floor: float = 0.75
    alike_from: float = 0.91
    voters: int = 3
    sure_from: float = 0.5


RULES = told("votes", Rules())


@dataclass(frozen=True)
class Ballot:
    value: str
    similarity: float


@dataclass(frozen=True)
class Vote:
    """`value` is "" for unknown; `scores` shares of the vote by value; `voters` that had a say."""

    value: str = UNKNOWN
    confidence: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    voters: int = 0


def vote(ballots: Iterable[Ballot], rules: Rules = RULES) -> Vote:
    """Neighbours count by the square of how far above the floor they are."""
    said = [ballot for ballot in ballots if ballot.value and ballot.similarity > rules.floor]
    if not said:
        return Vote()
    weights: dict[str, float] = defaultdict(float)
    for ballot in said:
        weights[ballot.value] += _weight(ballot.similarity, rules)
    total = sum(weights.values())
    scores = {value: round(weight / total, 3) for value, weight in _ranked(weights)}
    best = next(iter(scores))
    confidence = round(scores[best] * _support(said, rules), 3)
    is_known = len(said) >= rules.voters and confidence >= rules.sure_from
    return Vote(best if is_known else UNKNOWN, confidence, scores, len(said))


def _weight(similarity: float, rules: Rules) -> float:
    return ((similarity - rules.floor) / (1 - rules.floor)) ** 2


def _ranked(weights: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))


def _support(said: Sequence[Ballot], rules: Rules) -> float:
    """Few voters, or only distant ones, make even a clear vote uncertain."""
    numbers = min(1.0, len(said) / (rules.voters + 2))
    nearest = max(ballot.similarity for ballot in said)
    return numbers * min(1.0, (nearest - rules.floor) / (rules.alike_from - rules.floor))
