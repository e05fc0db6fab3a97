"""Files on this machine's disk that appear whole or not at all.

Django's own storage leaves the beginning of a file behind when the disk is full, and takes another
name when one is taken. Here a name means its newest whole content, as in a bucket. What a form
brings is kept by Django in a file of its own first, whose beginning stays on a full disk as well.
"""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import TemporaryFileUploadHandler
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


class Temporary(TemporaryFileUploadHandler):
    """A form's file on its way: gone at once when the disk is full, not at the next collection."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self.file.write(raw_data)
        except OSError:
            with suppress(OSError):  # what is still in its buffer has no room either
                self.file.close()
            raise
