"""How fast the web server answers, read back from the histograms that Prometheus gets."""

import math
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, multiprocess

NAME = "carousel_request_seconds"
FEWEST = 5
"""Below this many answers a percentile says nothing."""


@dataclass(frozen=True)
class Answers:
    """Of one route: `below` maps a bound in seconds to how many answers took no longer."""

    route: str
    below: Mapping[float, float]

    @property
    def count(self) -> int:
        return int(self.below.get(math.inf, 0))

    def within(self, share: float) -> float:
        """The smallest bound, in seconds, that holds this share of the answers."""
        return next(
            bound for bound in sorted(self.below) if self.below[bound] >= share * self.count
        )

    def shown(self, share: float) -> str:
        bound = self.within(share)
        return f"≤ {bound:g}" if bound < math.inf else "> 10"


def of_every_process() -> CollectorRegistry:
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def slowest(most: int) -> list[Answers]:
    """Routes with their answers, the slowest 99th percentile first."""
    found = [one for one in _by_route() if one.count >= FEWEST]
    return sorted(found, key=lambda one: (-one.within(0.99), -one.within(0.5), one.route))[:most]


def _by_route() -> list[Answers]:
    routes: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for family in of_every_process().collect():
        for sample in family.samples if family.name == NAME else ():
            if sample.name == f"{NAME}_bucket":
                routes[sample.labels["route"]][float(sample.labels["le"])] += sample.value
    return [Answers(route, dict(below)) for route, below in routes.items()]
