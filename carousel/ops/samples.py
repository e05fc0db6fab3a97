"""Readings that are drawn over time: bytes stored, work waiting."""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.ops.models import Sample

KEPT = timedelta(days=90)
TEMPORARY = "temp"


def take() -> str:
    """Read everything once. Readings older than 90 days go."""
    readings = {"bytes.temp": float(stored(TEMPORARY))}
    for name, reading in wiring.READINGS.items():
        readings[name] = float(import_string(reading)())
    Sample.objects.bulk_create([Sample(name=name, value=value) for name, value in readings.items()])
    Sample.objects.filter(created_at__lt=now() - KEPT).delete()
    return ", ".join(f"{name} {value:g}" for name, value in readings.items())


def stored(folder: str) -> int:
    """Bytes under a prefix of the storage."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    here = sum(default_storage.size(f"{folder}/{name}") for name in files)
    return here + sum(stored(f"{folder}/{name}") for name in folders if name)
