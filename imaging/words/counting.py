"""The defects of an item gathered for a sentence: alike ones are counted together."""

from collections.abc import Iterable
from dataclasses import dataclass

from imaging.words.facts import DefectFact


@dataclass(frozen=True)
class Damages:
    """`count` defects of one kind and severity. Place and photo only where there is just one."""

    kind: str
    severity: str
    count: int
    place: str
    photo: int | None


def gathered(defects: Iterable[DefectFact]) -> tuple[Damages, ...]:
    """In the order in which each kind first appears."""
    alike: dict[tuple[str, str], list[DefectFact]] = {}
    for defect in defects:
        alike.setdefault((defect.kind, defect.severity), []).append(defect)
    return tuple(_together(kind, severity, found) for (kind, severity), found in alike.items())


def _together(kind: str, severity: str, found: list[DefectFact]) -> Damages:
    only = found[0] if len(found) == 1 else None
    return Damages(
        kind,
        severity,
        len(found),
        only.place if only else "",
        only.photo if only else None,
    )
