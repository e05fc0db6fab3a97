"""Reading the environment: a default for everything, a sentence for every mistake."""

import os
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "true" if default else "false").strip().lower()
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; say true or false.")


def number(name: str, default: int, *, low: int = 0, high: int = 10**12) -> int:
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a number from {low} to {high}."
        )
    return int(value)


def choice(name: str, default: str, allowed: set[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; choose one of {', '.join(sorted(allowed))}."
        )
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name?host=/socket`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://user:password@host:5432/name."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def bucket() -> str:
    """The name of the bucket for pictures; empty when they lie on disk."""
    name = text("S3_BUCKET")
    pattern = text("S3_BUCKET_PATTERN", r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    if name and not re.fullmatch(pattern, name):
        raise ImproperlyConfigured(f"S3_BUCKET is {name!r}; it must match {pattern}.")
    return name


def storage(bucket: str, endpoint: str, folder: str) -> dict[str, Any]:
    """Django's storage of pictures: the bucket, or the folder where there is none."""
    if not bucket:
        return {"BACKEND": "carousel.disk.Disk", "OPTIONS": {"location": folder, "base_url": None}}
    return {
        "BACKEND": "carousel.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": bucket,
            "region_name": text("AWS_REGION") or None,
            "endpoint_url": endpoint or None,
            "default_acl": None,
            "querystring_expire": 600,
            "object_parameters": {"ServerSideEncryption": "AES256"},
        },
    }
