"""Which model is asked first, and which of two in a test. Pure.

A chain is written as text: `a > b > c` tries a, then b, then c. `a@0.8 | b@0.2` in one place is an
A/B test: the same subject always gets the same side. Names are `bedrock/<model id>` or
`local/<version>`.
"""

import hashlib
from dataclasses import dataclass

ROUNDING = 0.001


class BadChain(ValueError):
    """A chain that cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Arm:
    """One side of a place in the chain; `share` 0..1 of the subjects go to it."""

    name: str
    share: float = 1.0


Place = tuple[Arm, ...]
Chain = tuple[Place, ...]


def parse(text: str) -> Chain:
    """BadChain when a place is empty or its shares do not add up to 1."""
    return tuple(_place(part, text) for part in text.split(">"))


def route(chain: Chain, capability: str, subject: str) -> tuple[str, ...]:
    """The providers to try for this subject, in order, each once."""
    point = _point(capability, subject)
    return tuple(dict.fromkeys(_arm(place, point) for place in chain))


def _place(text: str, whole: str) -> Place:
    arms = tuple(_read(part) for part in text.split("|"))
    if abs(sum(arm.share for arm in arms) - 1) > ROUNDING:
        raise BadChain(f"The shares in {whole!r} must add up to 1.")
    return arms


def _read(text: str) -> Arm:
    name, at, share = text.strip().partition("@")
    if "/" not in name:
        raise BadChain(f"{text!r} is no provider; write bedrock/<model> or local/<version>.")
    try:
        return Arm(name.strip(), float(share) if at else 1.0)
    except ValueError as error:
        raise BadChain(f"{share!r} is no share; write a number from 0 to 1.") from error


def _point(capability: str, subject: str) -> float:
    digest = hashlib.sha256(f"{capability}:{subject}".encode()).hexdigest()
    return int(digest[:12], 16) / 16**12


def _arm(place: Place, point: float) -> str:
    for arm in place:
        if point < arm.share:
            return arm.name
        point -= arm.share
    return place[-1].name
