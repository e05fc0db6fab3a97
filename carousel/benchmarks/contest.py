"""Contestants take turns at the same work; what counts is the ratio within each round. Pure.

A machine that slows down slows both sides of a round: a ratio can be trusted where seconds cannot.
"""

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Turn = Callable[[], float]
"""Does the work once and returns its figure: seconds, less is better."""


@dataclass(frozen=True)
class Contest:
    """`ours` against each of `peers`, `runs` rounds after one to warm up.

    A ratio is the peer's figure by ours: 2 means that we need half of the time. `met` judges the
    median ratios and our median figure; `facts` are further numbers worth printing.
    """

    name: str
    work: str
    goal: str
    ours: Turn
    peers: Mapping[str, Turn]
    met: Callable[["Result"], bool]
    runs: int = 5
    unit: str = "s"
    facts: Callable[[], Mapping[str, float]] = dict
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Medians over the rounds; `ratios` hold least, median and greatest."""

    contest: Contest
    runs: int
    ours: float
    peers: dict[str, float]
    ratios: dict[str, tuple[float, float, float]]
    facts: Mapping[str, float]
    megabytes: float

    @property
    def is_met(self) -> bool:
        return self.contest.met(self)

    def times_faster(self, peer: str) -> float:
        """The median ratio to a peer; 0 when that peer is not here, so that no goal is met."""
        return self.ratios[peer][1] if peer in self.ratios else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.contest.name,
            "runs": self.runs,
            "ours": _short(self.ours),
            "peers": {name: _short(value) for name, value in self.peers.items()},
            "ratios": {name: list(map(_short, value)) for name, value in self.ratios.items()},
            "goal": self.contest.goal,
            "met": self.is_met,
            "unit": self.contest.unit,
            "facts": {name: _short(value) for name, value in self.facts.items()},
            "missing": dict(self.contest.missing),
            "peak_mb": round(self.megabytes),
        }


def timed(work: Callable[[], object], share: int = 1) -> Turn:
    """A turn whose figure is the seconds that `work` takes, by the `share` pieces that it does."""

    def turn() -> float:
        started = time.perf_counter()
        work()
        return (time.perf_counter() - started) / share

    return turn


def held(contest: Contest, runs: int) -> Result:
    """Every contestant once to warm up, then `runs` rounds with all of them in turn."""
    turns = {"ours": contest.ours, **contest.peers}
    for turn in turns.values():
        turn()
    rounds = [{name: turn() for name, turn in turns.items()} for _ in range(runs)]
    return Result(
        contest=contest,
        runs=runs,
        ours=_median(rounds, "ours"),
        peers={name: _median(rounds, name) for name in contest.peers},
        ratios={name: _ratios(rounds, name) for name in contest.peers},
        facts=contest.facts(),
        megabytes=peak_megabytes(),
    )


def lines(result: Result) -> list[str]:
    """For a person: a line for each contestant, then whether the goal is met."""
    contest = result.contest
    said = [f"{contest.name}: {contest.work}", f"  {'ours':28}{result.ours:12.4g} {contest.unit}"]
    for name, value in result.peers.items():
        least, middle, most = result.ratios[name]
        ratio = f"{middle:8.2f} x ours ({least:.2f} to {most:.2f})"
        said.append(f"  {name:28}{value:12.4g} {contest.unit}{ratio}")
    said += [f"  {name:28}{value:12.4g}" for name, value in result.facts.items()]
    said += [f"  {name:28} not measured: {why}" for name, why in contest.missing.items()]
    verdict = "met" if result.is_met else "NOT MET"
    said.append(f"  goal: {contest.goal}: {verdict}; {result.runs} runs,")
    said[-1] += f" {result.megabytes:.0f} MB at most"
    return said


def peak_megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _median(rounds: Sequence[Mapping[str, float]], name: str) -> float:
    return median(each[name] for each in rounds)


def _ratios(rounds: Sequence[Mapping[str, float]], name: str) -> tuple[float, float, float]:
    ratios = [each[name] / max(each["ours"], 1e-9) for each in rounds]
    return min(ratios), median(ratios), max(ratios)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
