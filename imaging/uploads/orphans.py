"""Files that no row names, and rows whose file is not there: both are found and put right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import storage, wiring
from carousel.models import ProductImage
from imaging.uploads.models import Photo

FOLDERS = ("temp", "originals", "photos")
YOUNG = timedelta(hours=24)
"""A file is written before its row; a younger one is nobody's business yet."""
BLOCK = 500


@dataclass(frozen=True)
class Found:
    """`files` without a row, `bytes` in them; `photos` whose original is missing."""

    files: int
    bytes: int
    photos: int

    def __str__(self) -> str:
        return f"{self.files} files without a row ({self.bytes} bytes), {self.photos} photos bare"


def sweep(*, pretend: bool = False) -> Found:
    """One walk over the storage. Deletes orphans, and says on the rows which originals are gone."""
    began, present = now(), set[str]()
    files = size = 0
    for block in _blocks(_listed(present)):
        for orphan in _orphans(block, began):
            files, size = files + 1, size + orphan.size
            if not pretend:
                storage.delete(orphan.key)
    return Found(files, size, _bare(present, pretend=pretend))


def run() -> str:
    return str(sweep())


def of_photos(keys: Iterable[str]) -> set[str]:
    """Those of the keys that a photo or a product's picture names."""
    ids = {id_ for key in keys if (id_ := _photo_in(key))}
    used = set(Photo.objects.filter(original__in=keys).values_list("original", flat=True))
    for row in (
        Photo.objects.filter(pk__in=ids),
        ProductImage.objects.filter(photo_id__in=ids),
    ):
        for files in row.values_list("files", flat=True):
            used.update(file["key"] for file in files.values())
    return used


def _photo_in(key: str) -> UUID | None:
    """photos/{tenant}/{photo}/..."""
    pieces = key.split("/")
    try:
        return UUID(pieces[2]) if len(pieces) > 3 and pieces[0] == "photos" else None
    except ValueError:
        return None


def _orphans(block: list[storage.Stored], began: object) -> list[storage.Stored]:
    old = [found for found in block if found.modified < began - YOUNG]  # type: ignore[operator]
    keys = [found.key for found in old]
    used: set[str] = set()
    for name in wiring.FILES_IN_USE:
        used |= import_string(name)(keys)
    return [found for found in old if found.key not in used]


def _bare(present: set[str], *, pretend: bool) -> int:
    rows = Photo.objects.exclude(original="").filter(original_gone_at=None)
    settled = rows.filter(created_at__lt=Now() - YOUNG).values_list("pk", "original")
    bare = [pk for pk, key in settled.iterator() if key not in present]
    if not pretend:
        for at in range(0, len(bare), BLOCK):
            rows.filter(pk__in=bare[at : at + BLOCK]).update(original_gone_at=Now())
    return len(bare)


def _listed(present: set[str]) -> Iterator[storage.Stored]:
    for folder in FOLDERS:
        for found in storage.listed(folder):
            present.add(found.key)
            yield found


def _blocks(found: Iterator[storage.Stored]) -> Iterator[list[storage.Stored]]:
    while block := list(islice(found, BLOCK)):
        yield block
