"""What a person may send to the review page: ids, versions, a place. Shape only, no rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.http import QueryDict

from carousel.errors import Refused


@dataclass(frozen=True)
class Sent:
    """The fields that every edit may carry. Lists may be several fields or joined by commas."""

    groups: tuple[UUID, ...]
    photos: tuple[UUID, ...]
    versions: dict[UUID, int]
    key: str

    @classmethod
    def of(cls, data: QueryDict) -> Self:
        return cls(
            groups=uuids(data.getlist("group")),
            photos=uuids(data.getlist("photo")),
            versions=_versions(data.getlist("v")),
            key=data.get("key", "")[:64],
        )


def uuids(values: Iterable[str]) -> tuple[UUID, ...]:
    """Each once, in the order in which they were sent."""
    found = [part for value in values for part in value.split(",") if part]
    return tuple(dict.fromkeys(map(uuid, found)))


def uuid(value: str) -> UUID:
    try:
        return UUID(value.removeprefix("pg_"))
    except ValueError as error:
        raise Refused("This page sent something that cannot be read. Load it again.") from error


def number(value: str | None) -> int | None:
    try:
        return int(value) if value else None
    except ValueError as error:
        raise Refused("A whole number was expected.") from error


def share(value: str | None) -> float:
    """A number from 0 to 1."""
    try:
        found = float(value or "")
    except ValueError as error:
        raise Refused("A number between 0 and 1 was expected.") from error
    if not 0 <= found <= 1:
        raise Refused("A number between 0 and 1 was expected.")
    return found


def _versions(values: Iterable[str]) -> dict[UUID, int]:
    """ "group:version" as the cards carry them."""
    found = [part for value in values for part in value.split(",") if part]
    pairs = [part.partition(":") for part in found]
    return {uuid(group): number(version) or 0 for group, _, version in pairs}
