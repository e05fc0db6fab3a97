"""Files of sales that staff hand in: looked at first, then brought in by the clock in portions.

The file waits in storage under its import's row. Each call works for less than a task may last and
leaves the rest to the next one, so a kill costs a portion at most.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from carousel import storage
from carousel.errors import GiveUp
from carousel.models import Tenant
from pricing import importing, lessons
from pricing.importing import Plan, Tally
from pricing.models import Import
from pricing.reading import Unreadable

AT_ONCE = 45.0  # seconds of one call
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


def look(tenant: Tenant, name: str, file: IO[bytes]) -> Tally:
    """What the file would bring. Writes nothing. Unreadable for what is no table of sales."""
    with _on_disk(name, file) as path:
        return importing.dry_run(Plan(path, tenant))


def keep(tenant: Tenant, name: str, file: IO[bytes]) -> Import:
    """Put the file where the clock finds it. The same file again is the same import."""
    with _on_disk(name, file) as path:
        digest = importing.digest(path)
        key = f"imports/{tenant.pk}/{digest}{path.suffix}"
        with path.open("rb") as whole:
            storage.store(key, whole)
    found, _ = Import.objects.get_or_create(
        tenant=tenant, source="file", name=digest, defaults={"file_key": key}
    )
    Import.objects.filter(pk=found.pk).exclude(state=Import.State.DONE).update(
        state=Import.State.RUNNING, file_key=key
    )
    found.refresh_from_db()
    return found


def run() -> str:
    """The scheduled call: go on with what waits, the oldest first."""
    until, worked = time.monotonic() + AT_ONCE, 0
    waiting = Import.objects.filter(source="file", state=Import.State.RUNNING).exclude(file_key="")
    for progress in waiting.select_related("tenant").order_by("created_at"):
        if time.monotonic() > until:
            break
        _work(progress, until)
        worked += 1
    return f"{worked} files worked on" if worked else ""


def _work(progress: Import, until: float) -> None:
    try:
        with storage.reading(progress.file_key) as file, _on_disk(progress.file_key, file) as path:
            for each in importing.run(Plan(path, progress.tenant)):
                if time.monotonic() > until and each.state != Import.State.DONE:
                    return
    except (Unreadable, GiveUp) as error:
        errors = [*progress.errors, {"row": 0, "why": str(error)}]
        Import.objects.filter(pk=progress.pk).update(state=Import.State.FAILED, errors=errors)
        return
    storage.delete(progress.file_key)
    lessons.teach(progress.tenant)


@contextmanager
def _on_disk(name: str, file: IO[bytes]) -> Iterator[Path]:
    """Parquet is read from its end, so the file has to be a real one for a moment."""
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Unreadable("Only CSV and Parquet files can be read.")
    with NamedTemporaryFile(suffix=suffix) as kept:
        shutil.copyfileobj(file, kept)
        kept.flush()
        file.seek(0)
        yield Path(kept.name)
