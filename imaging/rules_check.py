"""What `RULES` in the environment says, looked at when a worker or a command starts."""

import os
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from imaging.pixels import rules

SUBJECTS = {
    "backdrop": "imaging.pixels.backdrop.Rules",
    "colours": "imaging.sight.colours.Rules",
    "defects": "imaging.sight.defects.Rules",
    "faults": "imaging.pixels.faults.Rules",
    "looks": "imaging.sight.looks.Rules",
    "votes": "imaging.sight.votes.Rules",
}
"""Subject -> the numbers that decide in it. By name: the modules are heavy."""


def check_rules(**_: Any) -> list[CheckMessage]:
    if not os.environ.get("RULES"):
        return []
    try:
        _read()
    except ValueError as error:
        return [Error(str(error), id="imaging.E001")]
    return []


def _read() -> None:
    """ValueError with a sentence for what is no rule."""
    for subject in rules.given():
        if subject not in SUBJECTS:
            names = ", ".join(SUBJECTS)
            raise ValueError(f"RULES: there is no {subject}; there are {names}.")
        rules.told(subject, import_string(SUBJECTS[subject])())
