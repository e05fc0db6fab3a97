"""A form field for several values, one a line, so that nobody has to type JSON."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

MARKDOWN = re.compile(r"(\d+)\s*(?:days?)?\s*[:,;]?\s*(\d+(?:[.,]\d+)?)\s*%?")


class Lines(forms.CharField):
    """`read` makes a value of a line and raises ValueError with what to write instead; `tell` is
    the way back."""

    def __init__(self, read: Callable[[str], Any], tell: Callable[[Any], str], **more: Any) -> None:
        self._read, self._tell = read, tell
        rows = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        super().__init__(required=False, widget=rows, **more)

    def prepare_value(self, value: str | Sequence[Any]) -> str:
        return value if isinstance(value, str) else "\n".join(self._tell(each) for each in value)

    def to_python(self, value: Any) -> Any:
        found = []
        for number, line in enumerate(str(value or "").splitlines(), 1):
            if line.strip():
                try:
                    found.append(self._read(line.strip()))
                except ValueError as error:
                    raise ValidationError(f"Line {number}: {error}") from error
        return found


def read_markdown(line: str) -> tuple[int, float]:
    """Days listed and percent off."""
    found = MARKDOWN.fullmatch(line)
    if not found:
        raise ValueError("write days and percent, like “30 days: 15 %”.")
    return int(found[1]), float(found[2].replace(",", "."))


def tell_markdown(step: Sequence[float]) -> str:
    return f"{step[0]} days: {step[1]:g} %"


def read_arm(line: str) -> dict[str, Any]:
    """One arm of a pricing experiment: its name, its share, and the rules that it changes."""
    try:
        name, rest = line.split(":", 1)
        share, *rules = rest.split(",")
        changes = {rule: float(value) for rule, value in (each.split() for each in rules)}
        return {"name": name.strip(), "share": float(share), "changes": changes}
    except ValueError:
        raise ValueError(
            "write a name, its share and what it changes, like “careful: 0.5, half_life_days 30”."
        ) from None


def tell_arm(arm: dict[str, Any]) -> str:
    changes = (f", {rule} {value:g}" for rule, value in arm["changes"].items())
    return f"{arm['name']}: {arm['share']:g}" + "".join(changes)
