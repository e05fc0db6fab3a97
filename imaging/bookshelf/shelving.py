"""A shelf photo comes in and is worked on; later its books become drafts, and back."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from carousel import storage
from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.models import Product, Tenant, User
from carousel.products import drafting
from imaging.bookshelf.models import Shelf, Spine
from imaging.jobs import pipeline
from imaging.jobs.models import Job
from imaging.pixels import headers
from imaging.uploads.intake import arrived, safe_name

CATEGORY = "Books"


def receive(
    tenant: Tenant, user: User | None, chunks: Iterable[bytes], filename: str
) -> tuple[Shelf, Job | None]:
    """Keep the photo and start its job. `Rejected` for what is no photo: nothing is stored.

    The same bytes again are the same shelf, without a new job.
    """
    with arrived(chunks) as content:
        headers.read_header(content.head, content.size)
        twin = tenant.shelves.live().filter(sha256=content.sha256).first()
        if twin:
            return twin, None
        name = safe_name(filename)
        key = f"shelves/{tenant.pk}/{content.sha256[:16]}/original"
        assert content.file is not None
        storage.store(key, content.file)
        return _open(tenant, user, name, content.sha256, key)


@transaction.atomic
def _open(
    tenant: Tenant, user: User | None, name: str, sha256: str, key: str
) -> tuple[Shelf, Job | None]:
    shelf, made = Shelf.objects.get_or_create(
        tenant=tenant,
        sha256=sha256,
        deleted_at=None,
        defaults={"created_by": user, "filename": name, "original": key},
    )
    return shelf, pipeline.start(tenant, "shelf", shelf.pk) if made else None


def completed(job: Job) -> None:
    """All three stages are done: the shelf is ready, and whoever listens may know."""
    moved = Shelf.objects.filter(pk=job.subject_id, state=Shelf.State.PROCESSING).update(
        state=Shelf.State.READY, reason="", version=F("version") + 1
    )
    if moved:
        record(job.tenant, "shelf.read", subject=job.subject_id, job=str(job.pk))


def failed(job: Job, error: str) -> None:
    Shelf.objects.filter(pk=job.subject_id).update(
        state=Shelf.State.FAILED, reason=error, version=F("version") + 1
    )
    record(job.tenant, "shelf.failed", subject=job.subject_id, reason=error[:500])


@transaction.atomic
def again(shelf: Shelf) -> None:
    """Try a failed shelf once more: what was done stays, what was not is asked again."""
    failed = Shelf.objects.filter(pk=shelf.pk, state=Shelf.State.FAILED)
    if not failed.update(state=Shelf.State.PROCESSING, reason="", version=F("version") + 1):
        raise Refused(f"{shelf} did not fail.")
    pipeline.start(shelf.tenant, "shelf", shelf.pk)


@transaction.atomic
def draft(shelf: Shelf, user: User | None, only: Sequence[UUID] = ()) -> list[Product]:
    """A product draft for each book, or for those named. Books that are drafts already stay so."""
    Shelf.objects.select_for_update().get(pk=shelf.pk)
    spines = shelf.spines.sellable().filter(product_id=None).exclude(pk__in=_over(shelf))
    chosen = list(spines.filter(pk__in=only) if only else spines)
    products = [_drafted(shelf, spine, user) for spine in chosen]
    if not products:
        raise Refused("There is no book here that could become a draft.")
    shelf.touch()
    return products


@transaction.atomic
def undraft(shelf: Shelf, user: User | None) -> int:
    """Take all drafts of this shelf back, or none when one of them is on sale."""
    Shelf.objects.select_for_update().get(pk=shelf.pk)
    spines = shelf.spines.exclude(product_id=None)
    ids = [each for each in spines.values_list("product_id", flat=True) if each]
    drafting.undraft_all(list(shelf.tenant.products.filter(pk__in=ids)), user)
    spines.update(product_id=None)
    shelf.touch()
    return len(ids)


def _over(shelf: Shelf) -> QuerySet[Product, UUID | None]:
    """Spines of what was on sale and then deleted: it never becomes a draft again."""
    theirs = shelf.tenant.products.filter(batch_id=shelf.pk, group_id__isnull=False)
    return theirs.exclude(state=Product.State.DRAFT).values_list("group_id", flat=True)


def _drafted(shelf: Shelf, spine: Spine, user: User | None) -> Product:
    """One product for a spine for ever: taken back and drafted again, it is the same one."""
    product = drafting.draft(shelf.tenant, user, spine.title[:200], [], shelf.pk, spine.pk)
    confirmed = spine.state == Spine.State.CONFIRMED
    facts = {"author": spine.author, "isbn": spine.isbn, "publisher": spine.publisher}
    told = {name: value for name, value in facts.items() if value}
    _suggest(product, "category", CATEGORY, 1.0)
    if told:
        sure = 1.0 if confirmed else spine.match_score or spine.confidence
        _suggest(product, "attributes", told, sure)
    Spine.objects.filter(pk=spine.pk).update(product_id=product.pk)
    return product


def _suggest(product: Product, field: str, value: object, confidence: float) -> None:
    product.suggest(field, value, confidence=confidence, model="bookshelf-1", local=True)
