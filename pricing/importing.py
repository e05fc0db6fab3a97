"""Sales from a file into the database: in portions, each row once, on from where it stood.

A portion is one transaction with its progress, so a killed import goes on after the last portion.
Fetching and describing pictures happens before the transaction. A wrong row is a sentence with its
number; it never stops the others.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now
from PIL import Image, ImageOps

from carousel import fetching, storage
from carousel.errors import GiveUp, Refused, Retry
from carousel.models import Tenant
from carousel.tenants import walls
from imaging.pixels import descriptor, guard
from imaging.pixels.errors import Rejected
from pricing import pictures, reading
from pricing.models import Import, Sale
from pricing.reading import Read, Wrong
from pricing.sales import kept_since

PORTION = 500
PICTURED_PORTION = 25  # a picture takes a second or so; a kill should not cost many
SHOWN_ERRORS = 100
THUMBNAIL = 320
TRIES = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What to import. `folder` is where image names of the rows are found; None = none are read."""

    path: Path
    tenant: Tenant
    folder: Path | None = None
    pictures: bool = True
    portion: int | None = None

    @property
    def size(self) -> int:
        return self.portion or (PICTURED_PORTION if self.pictures else PORTION)


@dataclass
class Tally:
    """How an import went."""

    rows: int = 0
    added: int = 0
    known: int = 0
    refused: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)

    def wrong(self, number: int, why: str) -> None:
        self.refused += 1
        self.note(number, why)

    def note(self, number: int, why: str) -> None:
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append({"row": number, "why": why})


def dry_run(plan: Plan) -> Tally:
    """What an import would do. Writes nothing and fetches nothing."""
    tally = Tally()
    for portion in portions(_rows(plan), PORTION):
        tally.rows += len(portion)
        good = _good(portion, tally)
        there = _there(plan.tenant, good)
        tally.known += len(there)
        tally.added += len(good) - len(there)
    return tally


def run(plan: Plan) -> Iterator[Import]:
    """Import portion by portion, yielding the progress after each. Running again goes on."""
    name = digest(plan.path)
    progress, _ = Import.objects.get_or_create(
        tenant=plan.tenant, source="file", name=name, defaults={"total": _count(plan)}
    )
    if progress.state == Import.State.DONE:
        yield progress
        return
    done = progress.rows
    for portion in portions(_rows(plan), plan.size):
        left = [row for row in portion if row.number > done]
        if left:
            progress = _portion(plan, progress, left)
            yield progress
    yield finish(progress)


def finish(progress: Import) -> Import:
    Import.objects.filter(pk=progress.pk).update(state=Import.State.DONE, finished_at=now())
    progress.refresh_from_db()
    return progress


def _portion(plan: Plan, progress: Import, rows: Sequence[Read | Wrong]) -> Import:
    tally = Tally(errors=list(progress.errors))
    good = _good(rows, tally)
    new = [row for row in good if row.sale_id not in _there(plan.tenant, good)]
    sales = [sale_of(plan, row, tally) for row in new]
    with transaction.atomic():
        walls.only_import()
        Import.objects.select_for_update().get(pk=progress.pk)
        before = _count_of(plan.tenant, new)
        Sale.objects.bulk_create(sales, ignore_conflicts=True)
        added = _count_of(plan.tenant, new) - before
        Import.objects.filter(pk=progress.pk).update(
            rows=rows[-1].number,
            added=F("added") + added,
            known=F("known") + len(good) - added,
            refused=F("refused") + tally.refused,
            errors=tally.errors,
            cursor=str(rows[-1].number),
        )
    progress.refresh_from_db()
    return progress


def portions(rows: Iterator[T], size: int) -> Iterator[tuple[T, ...]]:
    """`itertools.batched`, which Python 3.11 lacks."""
    while portion := tuple(islice(rows, size)):
        yield portion


def _rows(plan: Plan) -> Iterator[Read | Wrong]:
    return reading.rows(plan.path, plan.tenant.currency)


def _count(plan: Plan) -> int:
    return sum(1 for _ in _rows(plan))


def _good(rows: Sequence[Read | Wrong], tally: Tally) -> list[Read]:
    """The rows that can be used, each sale once; the others are noted."""
    good: dict[str, Read] = {}
    oldest = kept_since()
    for row in rows:
        why = refusal(row, oldest)
        if why or isinstance(row, Wrong):
            tally.wrong(row.number, why)
        elif row.sale_id in good:
            tally.wrong(row.number, f"The sale {row.sale_id} is in the file twice.")
        else:
            good[row.sale_id] = row
    return list(good.values())


def refusal(row: Read | Wrong, oldest: datetime) -> str:
    """Why a row cannot become a sale; empty when it can."""
    if isinstance(row, Wrong):
        return row.why
    if row.sold_at < oldest:
        return f"Sold {row.sold_at:%Y-%m-%d}: sales are kept for two years."
    return "" if row.sold_at <= now() + timedelta(days=1) else "Sold in the future."


def _there(tenant: Tenant, rows: Sequence[Read]) -> set[str]:
    ids = [row.sale_id for row in rows]
    known = Sale.objects.filter(tenant=tenant, sale_id__in=ids)
    return set(known.values_list("sale_id", flat=True))


def _count_of(tenant: Tenant, rows: Sequence[Read]) -> int:
    return len(_there(tenant, rows))


def sale_of(plan: Plan, row: Read, tally: Tally) -> Sale:
    """The row as a sale, with its picture if there is one that can be had."""
    sale = sale_from(plan.tenant, row)
    if row.image and plan.pictures:
        try:
            _picture(sale, _bytes(plan, row.image))
        except (GiveUp, Refused, Retry) as error:
            tally.note(row.number, f"Kept without its picture: {error}")
    return sale


def sale_from(tenant: Tenant, row: Read, source: str = "import") -> Sale:
    traits = row.traits
    return Sale(
        tenant=tenant,
        sale_id=row.sale_id,
        product_id=row.product_id,
        price=row.price,
        currency=row.currency,
        sold_at=row.sold_at,
        listed_at=row.listed_at,
        category=traits.category,
        brand=traits.brand,
        condition=traits.condition,
        title=traits.title,
        description=row.description,
        colour=traits.colour,
        material=traits.material,
        size=traits.size,
        source=source,
    )


def _bytes(plan: Plan, reference: str) -> bytes:
    """From the one fetcher, or from the folder and nowhere outside it."""
    if "://" in reference:
        return _fetched(reference)
    if plan.folder is None:
        raise GiveUp("no folder of pictures was named.")
    root = plan.folder.resolve()
    path = (root / reference).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise GiveUp(f"there is no picture {reference[:80]}.")
    return path.read_bytes()


def _fetched(url: str) -> bytes:
    for attempt in range(TRIES):
        try:
            return fetching.fetch(url).content
        except Retry:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _picture(sale: Sale, data: bytes) -> None:
    """Describe the picture and keep a small one. GiveUp for what is no picture."""
    vector = pictures.described(data)
    key = f"sales/{sale.tenant_id}/{hashlib.sha256(data).hexdigest()[:32]}.webp"
    storage.save_bytes(key, _thumbnail(data))
    sale.image_key, sale.vector, sale.model = key, vector, descriptor.MODEL


def _thumbnail(data: bytes) -> bytes:
    try:
        image = guard.guarded_open(data, THUMBNAIL)
    except Rejected as error:
        raise GiveUp(error.sentence) from error
    small: Image.Image = ImageOps.contain(image.convert("RGB"), (THUMBNAIL, THUMBNAIL))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=80)
    return file.getvalue()


def digest(path: Path) -> str:
    """The file's name for the progress tracker: its content, so a changed file is another one."""
    sha = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                sha.update(block)
    except OSError as error:
        raise reading.Unreadable(f"The file cannot be read: {error.strerror}.") from error
    return sha.hexdigest()
