"""Conditional requests: `If-None-Match` spares bytes, `If-Match` keeps two writers apart.

An entity tag is `"version.window"`: the window makes an answer stale before its signed links are,
while for writing only the version counts.
"""

import hashlib
import re
from collections.abc import Iterable

from django.http import HttpRequest
from ninja.errors import HttpError

from carousel import storage
from carousel.products.models import Product

_TAG = re.compile(r'"(\d{1,9})(?:\.\d+)?"')

TOLD = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "description": "The ETag of what you read, or * for whatever stands.",
            "schema": {
                "type": "string",
                "pattern": r'^(\*|"[0-9]{1,9}(\.[0-9]{1,12})?")$',
                "examples": ['"3.5896"'],
            },
        }
    ]
}
"""What the OpenAPI document says of an operation that needs `If-Match`."""

MISSING = HttpError(428, "Say in If-Match which version you change: the ETag of what you read.")
TOO_LATE = HttpError(412, "Somebody changed this item meanwhile. Read it again.")


def tag(product: Product) -> str:
    return f'"{product.version}.{storage.window()}"'


def list_tag(address: str, products: Iterable[Product], following: str | None) -> str:
    """Of one page. That another page now follows is news too, when all of its items stand."""
    told = "|".join([address, *(f"{one.pk}.{one.version}" for one in products), following or ""])
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:24]}.{storage.window()}"'


def is_known(request: HttpRequest, etag: str) -> bool:
    """Does the caller already have this answer?"""
    given = request.headers.get("If-None-Match", "")
    return etag in [one.strip().removeprefix("W/") for one in given.split(",")] or given == "*"


def wanted_version(request: HttpRequest, product: Product) -> int:
    """The version that the caller means to change: 428 if unsaid, 412 if it is past."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise MISSING
    if given == "*":
        return product.version
    versions = [int(found) for found in _TAG.findall(given)]
    if product.version not in versions:
        raise TOO_LATE
    return product.version
