"""Where bytes live: local disk or S3, through Django's default storage. Keys in, bytes out."""

from typing import cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from carousel.errors import GiveUp

EXPIRES = 600
"""Seconds that an address made by `url_for` works."""


def save_bytes(key: str, content: bytes) -> None:
    """Write under exactly this key. Writing the same key again replaces it."""
    if default_storage.exists(key):
        default_storage.delete(key)
    saved = default_storage.save(key, ContentFile(content))
    if saved != key:
        default_storage.delete(saved)


def read_bytes(key: str) -> bytes:
    """GiveUp if nothing is stored there."""
    try:
        with default_storage.open(key) as file:
            return cast(bytes, file.read())
    except FileNotFoundError as error:
        raise GiveUp("The stored file is gone.") from error


def delete(key: str) -> None:
    default_storage.delete(key)
