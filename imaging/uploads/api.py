"""Batches and photos over the JSON API. The same door as the page: `intake.receive`."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from carousel import paging
from carousel.models import Tenant, User
from carousel.paging import After
from carousel.problems import problem
from imaging.jobs.models import Batch
from imaging.uploads import progress as counting
from imaging.uploads.batches import new_batch
from imaging.uploads.intake import BLOCK, Arrival, Outcome, Received, receive

router = Router(tags=["batches"])


class NewBatch(Schema):
    name: str = Field("", max_length=120)


class BatchOut(Schema):
    id: UUID
    name: str
    created_at: datetime


class PhotoOut(Schema):
    """`state`: received, processing, ready, rejected or failed; `reason` says why in a sentence."""

    id: UUID
    index: int
    filename: str
    sha256: str
    size: int
    state: str
    reason: str


class Sent(Schema):
    """What became of a file: stored, here (the same bytes are in the batch), or refused."""

    outcome: Literal["stored", "here", "refused"]
    reason: str
    photo: PhotoOut


class PhaseOut(Schema):
    name: str
    done: int
    total: int


class StatusOut(Schema):
    """`percent` 0-100; `seconds_left` null while the speed is not known."""

    id: UUID
    name: str
    state: Literal["empty", "processing", "completed"]
    photos: int
    ready: int
    failed: int
    rejected: int
    percent: int
    grouped: bool
    seconds_left: int | None
    phases: list[PhaseOut]
    troubles: list[PhotoOut]


@router.post("", response={201: BatchOut}, summary="Open a batch", operation_id="create_batch")
def create(request: HttpRequest, batch: NewBatch) -> Any:
    return Status(201, new_batch(_tenant(request), _user(request), batch.name))


@router.get(
    "/{uuid:batch_id}", response=StatusOut, summary="How far a batch is", operation_id="get_batch"
)
def status(request: HttpRequest, batch_id: UUID) -> Any:
    batch = _batch(request, batch_id)
    now = counting.progress(batch)
    return StatusOut(
        id=batch.pk,
        name=batch.name,
        state=_state(now),
        photos=now.photos,
        ready=now.ready,
        failed=now.failed,
        rejected=now.rejected,
        percent=now.percent,
        grouped=now.has_groups,
        seconds_left=now.seconds_left,
        phases=[PhaseOut.from_orm(phase) for phase in now.phases],
        troubles=[PhotoOut.from_orm(photo) for photo in counting.troubles(batch)],
    )


@router.post(
    "/{uuid:batch_id}/photos",
    response={200: Sent, 201: Sent},
    summary="Send one photo (multipart field `file`)",
    operation_id="send_photo",
)
def send(request: HttpRequest, batch_id: UUID, file: File[UploadedFile]) -> Any:
    """201 stored; 200 the same bytes are in this batch; 413 and 422 refused, with the reason."""
    batch = _batch(request, batch_id)
    arrival = Arrival(filename=file.name or "photo")
    result = receive(_tenant(request), _user(request), batch, file.chunks(BLOCK), arrival)
    sent = Sent(
        outcome=result.outcome.value, reason=result.reason, photo=PhotoOut.from_orm(result.photo)
    )
    code = _code(result, file.size or 0)
    if result.outcome is Outcome.REFUSED:
        return problem(code, result.reason, **sent.model_dump(mode="json"))
    return Status(code, sent)


@router.get(
    "/{uuid:batch_id}/photos",
    response=list[PhotoOut],
    summary="The photos of a batch",
    operation_id="list_photos",
)
def photos(
    request: HttpRequest, response: HttpResponse, batch_id: UUID, asked: Query[After]
) -> Any:
    """In the order of the upload, after place `after`."""
    wanted = _batch(request, batch_id).photos.live().filter(index__gt=asked.after)
    found = list(wanted.order_by("index", "id")[: asked.limit + 1])
    if len(found) > asked.limit:
        paging.tell_next(request, response, asked, after=found[asked.limit - 1].index)
    return found[: asked.limit]


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _user(request: HttpRequest) -> User | None:
    """The person behind a token; a program's key has none."""
    return request.user if isinstance(request.user, User) else None


def _batch(request: HttpRequest, pk: UUID) -> Batch:
    return get_object_or_404(_tenant(request).batches.live(), pk=pk)


def _code(result: Received, size: int) -> int:
    if result.outcome is Outcome.REFUSED:
        return 413 if size > settings.MAX_UPLOAD_BYTES else 422
    return 201 if result.outcome is Outcome.STORED else 200


def _state(now: counting.Progress) -> Literal["empty", "processing", "completed"]:
    if now.is_running:
        return "processing"
    return "completed" if now.photos else "empty"
