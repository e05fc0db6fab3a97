"""Files on this machine's disk that appear whole or not at all.

Django's own storage leaves the beginning of a file behind when the disk is full, and takes another
name when one is taken. Here a name means its newest whole content, as in a bucket.
"""

import os
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

PART = ".part"


@deconstructible(path="carousel.disk.Disk")
class Disk(FileSystemStorage):
    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{uuid4().hex}{PART}")
        try:
            with part.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())  # the row that names it is safe the moment it commits
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return name
