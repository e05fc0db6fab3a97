"""Files in an S3 bucket: how we talk to it, and how the bucket has to be set up.

Three tries for each call, with botocore's pauses of up to 1, 2 and 4 seconds at random: the only
retries there are. Worst case 69 s, under the soft limit of a step.
"""

from typing import Any
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

TRIES = 3
CLIENT = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": TRIES},
    tcp_keepalive=True,
    max_pool_connections=50,
    signature_version="s3v4",
)
TRANSFER = TransferConfig(num_download_attempts=TRIES)
"""A body that breaks off is asked for again as often as a call that fails."""
TEMPORARY_DAYS = 1


class Bucket(S3Storage):  # type: ignore[misc]
    """Each object in temp/ says whose it is: tenant, batch and the file's name."""

    def get_default_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = super().get_default_settings()
        return settings | {"client_config": CLIENT, "transfer_config": TRANSFER}

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_object_parameters(name)
        return parameters | {"Metadata": about(name)}


def about(key: str) -> dict[str, str]:
    """What an object's key tells, as ASCII headers; nothing outside temp/."""
    folder, _, rest = key.partition("/")
    pieces = rest.split("/", 2)
    if folder != "temp" or len(pieces) != 3:
        return {}
    tenant, batch, name = pieces
    return {"tenant": tenant, "batch": batch, "name": quote(name)}


def set_up(client: Any, bucket: str, origins: list[str]) -> list[str]:
    """Make the bucket what the program expects. May run again; returns what was done, in words."""
    client.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"),
            True,
        ),
    )
    client.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [ENCRYPTED]}
    )
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": lifecycle()}
    )
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors(origins)]})
    return [
        "Public access is blocked.",
        "New objects are encrypted (AES256).",
        f"temp/ and broken-off uploads expire after {TEMPORARY_DAYS} day.",
        f"Uploads are allowed from {', '.join(origins)}.",
    ]


ENCRYPTED = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def lifecycle() -> list[dict[str, Any]]:
    return [
        {
            "ID": "temporary photos",
            "Status": "Enabled",
            "Filter": {"Prefix": "temp/"},
            "Expiration": {"Days": TEMPORARY_DAYS},
            "NoncurrentVersionExpiration": {"NoncurrentDays": TEMPORARY_DAYS},
        },
        {
            "ID": "broken-off uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": TEMPORARY_DAYS},
        },
    ]


def cors(origins: list[str]) -> dict[str, Any]:
    return {
        "AllowedOrigins": origins,
        "AllowedMethods": ["GET", "HEAD", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
