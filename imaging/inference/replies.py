"""Reads what a model wrote: finds the JSON, checks every part, and drops what does not fit.

`Retry` when nothing usable is in it, so that the next model is asked. A category must be one that
the shop uses; boxes lie inside the photo; texts are plain and of a sensible length.
"""

import json
import math
import re
from typing import Any, cast

from carousel.errors import Retry
from imaging.inference.answers import (
    Attributes,
    Classified,
    Defects,
    Judged,
    Look,
    Named,
    Told,
)
from imaging.sight.defects import Box, Found

KINDS = frozenset(
    [
        *("stain", "scratch", "hole", "tear", "crack", "chip", "dent"),
        *("wear", "fading", "pilling", "blemish"),
    ]
)
SEVERITIES = frozenset(["minor", "moderate", "major"])
NAMES = frozenset(["colour", "material", "pattern", "size", "audience", "features"])
DIMENSIONS = 1024
LONGEST_TEXT, LONGEST_TITLE, LONGEST_VALUE = 1500, 200, 80
MOST = 20
NOT_PLAIN = re.compile(r"https?://|www\.|[<>{}]|\S+@\S+\.\S+", re.IGNORECASE)


def read(capability: str, text: str, question: object) -> object:
    """The value that the capability answers with, from the first JSON object in `text`."""
    found = _object(text)
    if capability in ("describe", "translate"):
        return _told(found)
    if capability == "classify":
        return _classified(found, cast(Look, question))
    if capability == "extract_attributes":
        return Attributes(
            tuple(_named(each) for each in _list(found, "attributes") if _is_named(each))
        )
    if capability == "detect_defects":
        boxes = [_found(each) for each in _list(found, "defects")]
        return Defects(tuple(each for each in boxes if each))
    return Judged(_share(found.get("score")), tuple(map(_short, _list(found, "reasons")[:3])))


def vector(reply: dict[str, Any]) -> tuple[float, ...]:
    """The one vector of an embedding model's reply, brought to length 1."""
    found = reply.get("embedding") or reply.get("embeddings")
    if isinstance(found, dict):
        found = found.get("float")
    if found and isinstance(found, list) and isinstance(found[0], list):
        found = found[0]
    try:
        numbers = [float(value) for value in cast(list[Any], found)]
    except (TypeError, ValueError) as error:
        raise Retry("The model answered without a vector.") from error
    length = math.sqrt(sum(value * value for value in numbers))
    if len(numbers) != DIMENSIONS or not math.isfinite(length) or length == 0:
        raise Retry(f"The model answered {len(numbers)} numbers, or not real ones.")
    return tuple(value / length for value in numbers)


def _object(text: str) -> dict[str, Any]:
    start = text.find("{")
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else (None, 0)
    except (ValueError, RecursionError) as error:
        raise Retry(f"The model wrote no readable JSON: {text[:80]!r}") from error
    if not isinstance(found, dict):
        raise Retry(f"The model wrote no JSON object: {text[:80]!r}")
    return found


def _told(found: dict[str, Any]) -> Told:
    title, text = found.get("title"), found.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise Retry("The model wrote no text, or far too much.")
    if NOT_PLAIN.search(text) or NOT_PLAIN.search(str(title or "")):
        raise Retry("The model wrote an address or code where plain words were asked for.")
    return Told(" ".join(str(title or "").split())[:LONGEST_TITLE], " ".join(text.split()))


def _classified(found: dict[str, Any], look: Look) -> Classified:
    known = {category.lower(): category for category in look.categories}
    label = known.get(str(found.get("category", "")).strip().lower(), "")
    scores = found.get("scores")
    told = scores if isinstance(scores, dict) else {}
    brand = _short(found.get("brand", ""))
    return Classified(
        label,
        _share(found.get("confidence")) if label else 0.0,
        {known[n.lower()]: _share(s) for n, s in told.items() if n.lower() in known},
        "" if NOT_PLAIN.search(brand) else brand,
        _share(found.get("brand_confidence")) if brand else 0.0,
    )


def _is_named(each: Any) -> bool:
    return isinstance(each, dict) and each.get("name") in NAMES and bool(_short(each.get("value")))


def _named(each: dict[str, Any]) -> Named:
    value = _short(each["value"]).lower()
    if each["name"] == "colour":
        value = value.replace(" ", "_").replace("gray", "grey")
    return Named(str(each["name"]), value, _share(each.get("confidence")))


def _found(each: Any) -> Found | None:
    if not isinstance(each, dict) or each.get("type") not in KINDS:
        return None
    box = _box(each.get("box"))
    severity = each.get("severity")
    if box is None or severity not in SEVERITIES:
        return None
    return Found(str(each["type"]), str(severity), _share(each.get("confidence")), box)


def _box(given: Any) -> Box | None:
    """Cut to the photo; None when nothing of it lies inside."""
    if not isinstance(given, list) or len(given) != 4:
        return None
    try:
        x, y, width, height = (float(value) for value in given)
    except (TypeError, ValueError):
        return None
    if not all(map(math.isfinite, (x, y, width, height))):
        return None
    left, top = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    right, bottom = min(x + width, 1.0), min(y + height, 1.0)
    if right - left <= 0 or bottom - top <= 0:
        return None
    return Box(left, top, right - left, bottom - top)


def _list(found: dict[str, Any], name: str) -> list[Any]:
    given = found.get(name)
    return given[:MOST] if isinstance(given, list) else []


def _short(value: Any) -> str:
    return " ".join(str(value or "").split())[:LONGEST_VALUE]


def _share(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return min(max(number, 0.0), 1.0) if math.isfinite(number) else 0.0
