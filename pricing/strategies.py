"""Which pricing strategy an item gets when a shop tries several. Pure, and always the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from carousel.tenants.options import ARM_RULES
from pricing.evidence import Rules


@dataclass(frozen=True)
class Strategy:
    """A named arm with its share of the items and the rules it changes."""

    name: str
    share: float
    changes: dict[str, float] = field(default_factory=dict)

    def applied(self, rules: Rules) -> Rules:
        wanted = {name: value for name, value in self.changes.items() if name in ARM_RULES}
        if "top" in wanted:
            wanted["top"] = int(wanted["top"])
        return replace(rules, **wanted)  # type: ignore[arg-type]


def choose(strategies: Sequence[Strategy], key: str) -> Strategy | None:
    """The arm of this item: its hash, 0-1, falls into one of the shares. None without any."""
    total = sum(each.share for each in strategies)
    if total <= 0:
        return None
    point = _point(key, [each.name for each in strategies]) * total
    for each in strategies:
        point -= each.share
        if point < 0:
            return each
    return strategies[-1]


def _point(key: str, names: Sequence[str]) -> float:
    """Names are part of the hash, so that a new experiment deals the items anew."""
    digest = hashlib.sha256("|".join([key, *sorted(names)]).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
