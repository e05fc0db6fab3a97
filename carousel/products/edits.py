"""What happens when two people write on the same item. Pure.

A colleague's change elsewhere on the item is no conflict: only a field that moved away from what
the writer saw is.
"""

from collections.abc import Mapping
from typing import Any

from carousel.errors import Refused


class Conflict(Refused):
    """Somebody else changed the same thing. `theirs` holds the values that stand now."""

    def __init__(self, theirs: Mapping[str, Any]) -> None:
        super().__init__(
            "Somebody changed this meanwhile. Their version is shown; yours is not saved."
        )
        self.theirs = dict(theirs)


def refuse_conflicts(
    now: Mapping[str, Any], wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> None:
    """Conflict for each wanted field that is neither as it was seen nor already as wanted."""
    moved = {
        name: now[name]
        for name, value in wanted.items()
        if name in now and name in seen and now[name] not in (seen[name], value)
    }
    if moved:
        raise Conflict(moved)


def changes(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    """field -> [before, after] of what really changes."""
    return {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
