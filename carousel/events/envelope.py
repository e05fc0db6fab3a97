"""One event, whichever envelope it came in: EventBridge's or CloudEvents'. Pure.

Bodies come from outside, so everything that is not exactly as promised is `GiveUp`: it will
be no better tomorrow.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from carousel.errors import GiveUp

KINDS = frozenset({"product.listed", "product.updated", "product.sold", "product.delisted"})
LARGEST_BODY = 256 * 1024
DEEPEST = 100
"""Objects and lists inside each other. Python writes JSON no deeper than its stack is free."""
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL character in JSON, and not the letters of its name behind an escaped backslash."""


@dataclass(frozen=True)
class Envelope:
    """An event as it was sent.

    `at` is aware, `data` is the event's own body, `fingerprint` is the SHA-256 of kind, time and
    data, so that the same id with another body shows.
    """

    id: str
    kind: str
    source: str
    at: datetime
    data: dict[str, Any]
    fingerprint: str

    @property
    def product(self) -> UUID:
        return uuid_in(self.data, "product_id")

    @property
    def tenant(self) -> UUID:
        return uuid_in(self.data, "tenant_id")


def opened(body: bytes | str) -> Envelope:
    """Read a body in either envelope, or raise `GiveUp` with a sentence."""
    if len(body) > LARGEST_BODY:
        raise GiveUp(f"The event is larger than {LARGEST_BODY // 1024} KiB.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GiveUp("The event is not JSON.") from error
    if not isinstance(found, dict):
        raise GiveUp("The event is not a JSON object.")
    if _is_deeper(found, DEEPEST):
        raise GiveUp(f"The event is nested deeper than {DEEPEST}.")
    if not _can_be_kept(found):
        raise GiveUp("The event holds a character or a number that cannot be kept.")
    return _cloud_event(found) if "specversion" in found else _event_bridge(found)


def uuid_in(data: Mapping[str, Any], name: str) -> UUID:
    """The id under `name`, or `GiveUp`."""
    try:
        return UUID(_text(data, name))
    except ValueError as error:
        raise GiveUp(f"The event's {name} is not a UUID.") from error


def time_in(data: Mapping[str, Any], name: str) -> datetime:
    """The time under `name`, in UTC, or `GiveUp`."""
    try:
        at = datetime.fromisoformat(_text(data, name))
    except ValueError as error:
        raise GiveUp(f"The event's {name} is not an RFC 3339 time.") from error
    if at.tzinfo is None:
        raise GiveUp(f"The event's {name} has no time zone.")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:  # PostgreSQL would keep it, and nobody could read it again
        raise GiveUp(f"The event's {name} lies outside the years 1 to 9999.") from error


def _event_bridge(found: dict[str, Any]) -> Envelope:
    return _checked(found, kind="detail-type", data="detail")


def _cloud_event(found: dict[str, Any]) -> Envelope:
    if found["specversion"] != "1.0":
        raise GiveUp("Only CloudEvents 1.0 are understood.")
    return _checked(found, kind="type", data="data")


def _checked(found: dict[str, Any], *, kind: str, data: str) -> Envelope:
    inner = found.get(data)
    if not isinstance(inner, dict):
        raise GiveUp(f"The event's {data} is not an object.")
    name = _text(found, kind)
    if name not in KINDS:
        raise GiveUp(f"The event type {name[:80]!r} is not known.")
    if not _ID.fullmatch(_text(found, "id")):
        raise GiveUp("The event's id is longer than 255 characters or has spaces in it.")
    at = time_in(found, "time")
    return Envelope(
        id=found["id"],
        kind=name,
        source=_text(found, "source")[:200],
        at=at,
        data=inner,
        fingerprint=_fingerprint(name, at, inner),
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise GiveUp(f"The event has no {name}.")
    return value


def _is_deeper(value: Any, most: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most == 0 or any(_is_deeper(each, most - 1) for each in inner)


def _can_be_kept(found: dict[str, Any]) -> bool:
    """JSON allows NUL and half a character, Python reads NaN: PostgreSQL keeps none of them."""
    try:
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return not _NUL.search(text)


def _fingerprint(kind: str, at: datetime, data: dict[str, Any]) -> str:
    whole = json.dumps([kind, at.timestamp(), data], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()
