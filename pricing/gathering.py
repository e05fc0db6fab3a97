"""Which past sales come before the engine: pictures first, the item's own category first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pricing.evidence import Rules
from pricing.traits import ancestors


@dataclass(frozen=True, slots=True)
class Likely:
    """A sale above the floor of its kind of evidence."""

    key: str
    similarity: float
    basis: str  # picture or description
    category: str


def gather(
    likely: Sequence[Likely], paths: Sequence[str], rules: Rules, most: int | None = None
) -> list[Likely]:
    """The best evidence within the category, within its parent when that is too thin, and so on up.

    Pictures are taken alone when there are enough of them, else descriptions fill up. At most
    `most` (or `rules.top`) come back; a sale seen both ways counts once, as a picture.
    """
    most = most or rules.top
    pictured = [each for each in likely if each.basis == "picture"]
    taken = _within(pictured, paths, rules.enough)[:most]
    if len(taken) >= rules.enough:
        return taken
    keys = {each.key for each in taken}
    described = [each for each in likely if each.basis != "picture" and each.key not in keys]
    return taken + _within(described, paths, rules.enough)[: most - len(taken)]


def _within(likely: Sequence[Likely], paths: Sequence[str], enough: int) -> list[Likely]:
    """The nearest level of the category tree that holds enough; the widest when none does."""
    found: list[Likely] = []
    for path in paths:
        found = [each for each in likely if path in ancestors(each.category)]
        if len(found) >= enough:
            break
    return sorted(found, key=lambda each: (-each.similarity, each.key))
