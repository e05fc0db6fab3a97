"""What errors have in common: the sentence without the names and numbers in it. Pure."""

import re

LONGEST = 80
_NAMED = re.compile(
    r"'[^']*'"  # what was quoted
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Za-z_-])[\w-]+"  # ids: letters and digits, or a UUID
    r"|\d{4,}"
)


def cause_of(error: str) -> str:
    """`The sale S-12 is known.` and `The sale S-13 is known.` have one cause. 80 characters."""
    return _NAMED.sub("…", error)[:LONGEST]
