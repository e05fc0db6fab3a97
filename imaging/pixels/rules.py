"""The numbers that decide, apart from the code that compares: a frozen dataclass for each subject.

Their defaults were measured. `RULES` in the environment replaces single ones, for all processes of
a house: `RULES='{"faults": {"rim": 0.25}}'`. The names are those of the dataclasses' fields.
"""

import json
import os
from dataclasses import asdict, replace
from typing import Any, TypeVar

T = TypeVar("T", bound=Any)


def told(subject: str, rules: T) -> T:
    """`rules` with what the environment says about them; ValueError for what does not exist."""
    wanted = given().get(subject, {})
    usual = asdict(rules)
    for name, value in wanted.items():
        if name not in usual:
            raise ValueError(f"RULES: {subject} has no {name}; it has {', '.join(usual)}.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"RULES: {subject}.{name} is {value!r}, which is no number.")
    made: T = replace(rules, **wanted)
    return made


def given() -> dict[str, dict[str, Any]]:
    """Subject -> name -> number, as the environment says; ValueError for what cannot be read."""
    try:
        told = json.loads(os.environ.get("RULES", "") or "{}")
    except ValueError as error:
        raise ValueError(f"RULES is no JSON: {error}.") from error
    if not isinstance(told, dict) or not all(isinstance(each, dict) for each in told.values()):
        raise ValueError('RULES must look like {"faults": {"rim": 0.25}}.')
    return told
