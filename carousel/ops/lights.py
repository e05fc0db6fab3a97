"""The five lights that say "roll back?" after a deploy, each red above its limit."""

from dataclasses import dataclass

from carousel import counters

FEWEST = 20
"""Below this many in an hour a share says nothing."""


@dataclass(frozen=True)
class Light:
    name: str
    what: str
    limit: float
    failed: int
    total: int

    @property
    def share(self) -> float:
        return self.failed / self.total if self.total else 0.0

    @property
    def is_red(self) -> bool:
        return self.total >= FEWEST and self.share > self.limit


LIMITS = {
    "upload": ("Uploads that failed", 0.10),
    "download": ("Stored files that could not be read", 0.10),
    "step": ("Steps that were given up", 0.05),
    "review": ("Answers of the review page that were errors", 0.05),
    "sign-in": ("Sign-ins that ended in an error of ours", 0.05),
}
"""Counter -> what it means, and the share above which the light is red."""


def lights() -> list[Light]:
    shown = []
    for name, (what, limit) in LIMITS.items():
        rate = counters.rate(name)
        shown.append(Light(name, what, limit, rate.failed, rate.total))
    return shown
