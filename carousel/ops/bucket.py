"""Is the bucket as it must be: private, encrypted, forgetful of what is temporary?"""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings

from carousel.errors import GiveUp

PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def is_private() -> str:
    blocked = _asked("get_public_access_block")["PublicAccessBlockConfiguration"]
    open_doors = [name for name, is_shut in blocked.items() if not is_shut]
    if open_doors or len(blocked) < 4:
        raise GiveUp(f"public access is possible: {', '.join(open_doors) or 'not all is blocked'}")
    return "public access is blocked"


def is_encrypted() -> str:
    rules = _asked("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def forgets() -> str:
    """temp/ must expire by the bucket's own rule: a header on a file deletes nothing."""
    rules = _asked("get_bucket_lifecycle_configuration")["Rules"]
    temporary = [rule for rule in rules if _prefix(rule).startswith("temp")]
    if not any(rule.get("Expiration", {}).get("Days") for rule in temporary):
        raise GiveUp("no rule expires temp/")
    return f"{len(rules)} rules"


def lets_browsers_in() -> str:
    rules = _asked("get_bucket_cors")["CORSRules"]
    origins = {origin for rule in rules for origin in rule["AllowedOrigins"]}
    if settings.SITE_URL not in origins:
        raise GiveUp(f"{settings.SITE_URL} may not upload; allowed: {', '.join(sorted(origins))}")
    return "from this site"


LOOKS: dict[str, Callable[[], str]] = {
    "bucket is private": is_private,
    "bucket encrypts": is_encrypted,
    "bucket forgets": forgets,
    "bucket lets browsers in": lets_browsers_in,
}


def _prefix(rule: dict[str, Any]) -> str:
    return str(rule.get("Filter", {}).get("Prefix") or rule.get("Prefix") or "")


def _asked(question: str) -> dict[str, Any]:
    client = boto3.client(
        "s3",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=PATIENCE,
    )
    try:
        answer: dict[str, Any] = getattr(client, question)(Bucket=settings.S3_BUCKET)
    except ClientError as error:
        raise GiveUp(f"{question}: {error.response['Error']['Code']}") from error
    return answer
