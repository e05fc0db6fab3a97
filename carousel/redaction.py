"""What never reaches a log: keys, tokens, passwords, and links that open something."""

import re
from typing import Any

MASK = "***"
SECRETS = re.compile(
    r"(?P<before>"
    r"/files/|/new-password/"  # addresses that open what they name
    r"|X-Amz-(?:Signature|Credential|Security-Token)=|[?&](?:Signature|sig|token)="
    r"|\b(?:Bearer|Basic)\s+"
    r"|\bck_|\bwhsec_"
    r"|\b(?:password|secret|refresh|client_secret)[\"']?\s*[=:]\s*[\"']?"
    r"|://[^\s:/@]+:(?=[^\s/@]+@)"  # user:password@host
    r")[^\s\"'&,}@]+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*",  # a JSON web token
    re.IGNORECASE,
)


def masked(text: str) -> str:
    return SECRETS.sub(lambda found: (found["before"] or "") + MASK, text)


def mask(_: Any, __: str, rendered: str) -> str:
    """The last processor of structlog: it sees the line as it would be written, tracebacks too."""
    return masked(rendered)
