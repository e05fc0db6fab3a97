"""Shelves over the JSON API: a photo in, a job's id at once, and every stage's result by and by."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile

from carousel.errors import GiveUp
from carousel.models import Tenant, User
from imaging.bookshelf import final, shelving
from imaging.bookshelf.models import Shelf
from imaging.jobs.models import Job
from imaging.jobs.progress import work_on
from imaging.pixels.errors import Rejected
from imaging.uploads.intake import BLOCK

router = Router(tags=["books"])


class LinksOut(Schema):
    amazon: str | None
    googleBooks: str | None


class BookOut(Schema):
    """`confidence` 0..1 is the reader's, `matchScore` the edition's; `readTitle` was read."""

    title: str
    author: str
    isbn: str | None
    publisher: str | None
    publishedDate: str | None
    coverImage: str | None
    purchaseLinks: LinksOut
    confidence: float
    validated: bool
    matchScore: float | None
    readTitle: str
    readAuthor: str
    inferred: list[str]
    source: str
    needsChoice: bool
    notes: list[str]
    state: Literal["found", "confirmed", "not_a_book", "duplicate"]
    box: list[float]


class StageOut(Schema):
    name: str
    state: str
    error: str
    model: str
    ms: int | None


class ShelfOut(Schema):
    id: UUID
    job: UUID | None
    filename: str
    state: Literal["processing", "ready", "failed"]
    reason: str
    stages: list[StageOut]
    books: list[BookOut]
    uncertain: list[BookOut]


@router.post(
    "",
    response={202: ShelfOut, 200: ShelfOut},
    summary="Send the photo of a shelf",
    operation_id="send_shelf",
)
def send(request: HttpRequest, photo: File[UploadedFile]) -> Any:
    """202 with the new job's id; 200 when these bytes are a shelf already."""
    tenant = _tenant(request)
    try:
        shelf, job = shelving.receive(
            tenant, _user(request), photo.chunks(BLOCK), photo.name or "shelf"
        )
    except Rejected as no:
        raise GiveUp(no.sentence) from no
    return Status(202 if job else 200, _shown(shelf))


@router.get(
    "/{shelf_id}", response=ShelfOut, summary="A shelf and its books", operation_id="get_shelf"
)
def get_shelf(request: HttpRequest, shelf_id: UUID) -> Any:
    return _shown(_find(request, shelf_id))


@router.get(
    "/{shelf_id}/raw",
    summary="What each stage left: lines, candidates, final books",
    operation_id="get_shelf_stages",
)
def get_raw(request: HttpRequest, shelf_id: UUID) -> dict[str, Any]:
    shelf = _find(request, shelf_id)
    return {"ocr": shelf.reading, "candidates": shelf.candidates or [], "final": shelf.final}


def _shown(shelf: Shelf) -> dict[str, Any]:
    work = work_on(shelf.pk, "shelf")
    spines = list(shelf.spines.all())
    job = Job.objects.filter(kind="shelf", subject_id=shelf.pk).order_by("-created_at").first()
    return {
        "id": shelf.pk,
        "job": job.pk if job else None,
        "filename": shelf.filename,
        "state": shelf.state,
        "reason": shelf.reason,
        "stages": [_stage(each) for each in work.stages] if work else [],
        "books": [final.book(spine) for spine in spines if not spine.aside],
        "uncertain": [final.book(spine) for spine in spines if spine.aside],
    }


def _stage(stage: Any) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in ("name", "state", "error", "model", "ms")}


def _find(request: HttpRequest, shelf_id: UUID) -> Shelf:
    return get_object_or_404(_tenant(request).shelves.live(), pk=shelf_id)


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _user(request: HttpRequest) -> User | None:
    """The person behind a token; a program's key has none."""
    return request.user if isinstance(request.user, User) else None
