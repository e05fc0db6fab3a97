"""Permission to put one file straight into the storage: one key, one size, one type, ten minutes.

With a bucket it is S3's presigned POST. On a local disk the same form goes to an address of ours
(`receiving` names it), and `opened` reads what we signed.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage

from carousel import bucket
from carousel.errors import Refused

LIFE = 600
SALT = "carousel.tickets"
POLICY = "policy"


@dataclass(frozen=True)
class Terms:
    """What may be sent: exactly this key, this many bytes, this content type."""

    tenant: str
    key: str
    size: int
    content_type: str


@dataclass(frozen=True)
class Ticket:
    """POST `fields` as multipart/form-data to `url`, then the bytes in a field `file`, last."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


def issue(terms: Terms, receiving: str) -> Ticket:
    """`receiving`: the address that takes files when there is no bucket."""
    until = int(time.time()) + LIFE
    expires_at = datetime.fromtimestamp(until, UTC)
    if settings.S3_BUCKET:
        return _presigned(terms, expires_at)
    signed = [terms.tenant, terms.key, terms.size, terms.content_type, until]
    fields = {"key": terms.key, "Content-Type": terms.content_type}
    policy = signing.dumps(signed, salt=SALT)
    return Ticket(receiving, fields | {POLICY: policy}, expires_at)


def opened(policy: str) -> Terms:
    """The terms that `issue` signed, or Refused when the time is over or they are not ours."""
    try:
        tenant, key, size, content_type, until = signing.loads(policy, salt=SALT)
    except signing.BadSignature as error:
        raise Refused("This upload address was not made here.") from error
    if time.time() > until:
        raise Refused("This upload address has expired. Ask for a new one.")
    return Terms(tenant, key, size, content_type)


def _presigned(terms: Terms, expires_at: datetime) -> Ticket:
    fields = {
        "Content-Type": terms.content_type,
        "x-amz-server-side-encryption": "AES256",
        **{f"x-amz-meta-{name}": value for name, value in bucket.about(terms.key).items()},
    }
    size = ["content-length-range", terms.size, terms.size]
    made = cast(Any, default_storage).connection.meta.client.generate_presigned_post(
        settings.S3_BUCKET,
        terms.key,
        Fields=fields,
        Conditions=[*({name: value} for name, value in fields.items()), size],
        ExpiresIn=LIFE,
    )
    return Ticket(made["url"], made["fields"], expires_at)
