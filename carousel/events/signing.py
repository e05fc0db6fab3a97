"""Signatures of the Standard Webhooks kind: HMAC-SHA256 over `id.timestamp.body`. Pure.

Several keys may be valid at once, so that a key can be replaced without losing an event.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TOLERANCE = 5 * 60  # Seconds a clock may differ from ours, either way.
PREFIX = "whsec_"


class BadSignature(Exception):
    """Why a request is not believed. For the log only: the sender learns nothing from it."""


@dataclass(frozen=True)
class Headers:
    """The three headers of a signed request; the values as they came."""

    id: str
    timestamp: str
    signature: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Headers":
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        return cls(*(headers.get(name, "") for name in names))


def new_key() -> str:
    """256 random bits, written as the specification wants them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC; `key` is base64, with or without `whsec_`."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(_secret(key), signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def verify(keys: Iterable[str], headers: Headers, body: bytes, *, now: float) -> None:
    """Return if any of the signatures was made with any of the keys within the tolerance."""
    if not headers.id or not headers.signature:
        raise BadSignature("a header is missing")
    if not headers.timestamp.isascii() or not headers.timestamp.isdecimal():
        raise BadSignature("the timestamp is not a number")
    timestamp = int(headers.timestamp[:12])
    if abs(now - timestamp) > TOLERANCE:
        raise BadSignature("the timestamp is too far from now")
    expected = [sign(key, headers.id, timestamp, body) for key in keys]
    given = [one.encode() for one in headers.signature.split(" ")[:10]]
    matches = [hmac.compare_digest(one.encode(), two) for one in expected for two in given]
    if not any(matches):
        raise BadSignature("no signature fits")


def _secret(key: str) -> bytes:
    try:
        return base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("A signing key must be base64.") from error
