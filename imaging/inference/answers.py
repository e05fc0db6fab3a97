"""What is asked of a model and what it may answer: the same values, whoever answers.

Nothing in a photo or a text from outside is an instruction; an answer is checked here before it is
believed, and what does not fit is dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from imaging.sight.defects import Found
from imaging.sight.votes import Ballot
from imaging.words.facts import Facts

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """A photo to be looked at: WebP bytes of the upright photo, and its cut-out as RGBA.

    `ballots` and `brands` are what the shop calls things that look like it; `categories` the
    categories it uses.
    """

    picture: bytes
    cutout: Pixels
    ballots: Sequence[Ballot] = ()
    brands: Sequence[Ballot] = ()
    categories: Sequence[str] = ()


@dataclass(frozen=True)
class Classified:
    """`label` and `brand` are "" when unknown; confidences 0..1; `scores` label -> 0..1."""

    label: str = ""
    confidence: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)
    brand: str = ""
    brand_confidence: float = 0.0


@dataclass(frozen=True)
class Named:
    """One attribute: a glossary key or a word as it was seen."""

    name: str
    value: str
    confidence: float
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Attributes:
    named: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Defects:
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Telling:
    """Facts to be told in a language ("en", "is"); `source` is the text to translate, if any."""

    facts: Facts
    language: str
    source: str = ""


@dataclass(frozen=True)
class Told:
    title: str
    text: str


@dataclass(frozen=True)
class Judged:
    """How well a photo shows an item, 0..1, and why."""

    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Embedded:
    """A unit vector of 1,024 numbers."""

    vector: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """What a provider hands back: one of the values above and what it cost in tokens."""

    value: object
    tokens_in: int = 0
    tokens_out: int = 0
    images: int = 0
