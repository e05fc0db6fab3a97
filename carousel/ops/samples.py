"""Readings that are drawn over time: bytes stored, work waiting."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.ops.models import Sample

KEPT = timedelta(days=90)
TEMPORARY = "temp"
EVERYTHING = "bytes.all"
RARELY = timedelta(hours=1)
"""Listing the whole store costs a call for every thousand files."""


def take() -> str:
    """Read everything once. Readings older than 90 days go."""
    readings = {"bytes.temp": float(stored(TEMPORARY))}
    if not Sample.objects.filter(name=EVERYTHING, created_at__gt=now() - RARELY).exists():
        readings[EVERYTHING] = float(stored(""))
    for name, reading in wiring.READINGS.items():
        readings[name] = float(import_string(reading)())
    Sample.objects.bulk_create([Sample(name=name, value=value) for name, value in readings.items()])
    Sample.objects.filter(created_at__lt=now() - KEPT).delete()
    return ", ".join(f"{name} {value:g}" for name, value in readings.items())


def stored(folder: str) -> int:
    """Bytes in a folder of the storage, or in all of it. In a bucket its list tells the sizes."""
    if settings.S3_BUCKET:
        bucket = getattr(default_storage, "bucket")  # noqa: B009
        return sum(file.size for file in bucket.objects.filter(Prefix=folder and f"{folder}/"))
    root = Path(default_storage.path(folder))
    return sum(_size(file) for file in root.rglob("*"))


def _size(file: Path) -> int:
    """Work may take it away while we look."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0
