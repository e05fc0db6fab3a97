"""Uploads straight to the storage, over the JSON API: ask for places, send, confirm."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from carousel import paging
from carousel.models import Tenant, User
from carousel.paging import After
from carousel.rows import STORABLE
from imaging.jobs.models import Batch
from imaging.uploads import presigned
from imaging.uploads.receipt import Line, Receipt

router = Router(tags=["uploads"])
MOST = 500

Sha256 = Annotated[str, Field(pattern=r"^([0-9a-fA-F]{64})?$")]
State = Literal["waiting", "stored", "here", "refused"]


class AnnouncedIn(Schema):
    """`path`: the file's name, with its folders if it has any. `size` in bytes."""

    path: str = Field(min_length=1, max_length=4000, pattern=STORABLE)
    size: int = Field(ge=0, lt=2**50)
    content_type: str = Field(max_length=100, pattern=STORABLE)
    sha256: Sha256 = ""


class AnnounceIn(Schema):
    name: str = Field("", max_length=255, pattern=STORABLE)
    files: list[AnnouncedIn] = Field(min_length=1, max_length=MOST)


class UploadOut(Schema):
    """`waiting`: POST `fields` and then the bytes (field `file`) to `url`, and confirm."""

    id: UUID
    path: str
    outcome: State
    reason: str
    url: str | None
    fields: dict[str, str]
    expires_at: datetime | None


class OffersOut(Schema):
    receipt: UUID
    uploads: list[UploadOut]


class ConfirmIn(Schema):
    """`sha256`: of the bytes as sent; may be left out when it was announced."""

    sha256: Sha256 = ""


class ConfirmOneIn(ConfirmIn):
    id: UUID


class ConfirmAllIn(Schema):
    uploads: list[ConfirmOneIn] = Field(min_length=1, max_length=MOST)


class SettledOut(Schema):
    """What became of a file. `waiting`: it has not arrived; `photo` is null unless it is one."""

    id: UUID
    path: str
    outcome: State
    reason: str
    photo: UUID | None


class SettledAllOut(Schema):
    uploads: list[SettledOut]


class ReceiptOut(Schema):
    """selected = stored + here + refused + waiting, always."""

    id: UUID
    name: str
    selected: int
    stored: int
    here: int
    refused: int
    waiting: int
    lines: list[SettledOut]


@router.post(
    "/batches/{uuid:batch_id}/uploads",
    response={201: OffersOut},
    summary="Announce up to 500 files and get an address for each",
    operation_id="announce_uploads",
)
def announce(request: HttpRequest, batch_id: UUID, body: AnnounceIn) -> Any:
    """Each file settles alone: a refused one has its reason, the others have their address.

    An address works for ten minutes, for exactly the announced key, size and content type.
    """
    batch = get_object_or_404(_tenant(request).batches.live(), pk=batch_id)
    files = [presigned.Announced(**file.dict()) for file in body.files]
    site = request.build_absolute_uri("/").rstrip("/")
    receipt, offers = presigned.offer(batch, _user(request), body.name, files, site)
    return Status(201, OffersOut(receipt=receipt.pk, uploads=[_offered(each) for each in offers]))


@router.post(
    "/batches/{uuid:batch_id}/uploads/confirm",
    response=SettledAllOut,
    summary="Confirm up to 500 files that were sent",
    operation_id="confirm_uploads",
)
def confirm_all(request: HttpRequest, batch_id: UUID, body: ConfirmAllIn) -> Any:
    """404 when one of them is not of this batch: nothing is confirmed then."""
    batch = get_object_or_404(_tenant(request).batches.live(), pk=batch_id)
    lines = _lines(batch, [each.id for each in body.uploads])
    seen = dict(zip(lines, presigned.look(list(lines.values())), strict=True))
    answers = [_confirmed(lines[each.id], each.sha256, seen[each.id]) for each in body.uploads]
    return SettledAllOut(uploads=answers)


@router.post(
    "/uploads/{uuid:upload_id}/confirm",
    response={200: SettledOut, 201: SettledOut, 422: SettledOut},
    summary="Confirm one file that was sent",
    operation_id="confirm_upload",
)
def confirm(request: HttpRequest, upload_id: UUID, body: ConfirmIn) -> Any:
    """201 stored, also when asked again; 200 the same bytes are here; 422 refused; 409 not sent."""
    mine = Line.objects.filter(tenant=_tenant(request), receipt__batch__deleted_at=None)
    line = get_object_or_404(mine.select_related("receipt__batch", "tenant"), pk=upload_id)
    settled = _settled(presigned.confirm(line, body.sha256))
    return Status({"stored": 201, "here": 200, "refused": 422}[settled.outcome], settled)


@router.get(
    "/batches/{uuid:batch_id}/receipts/{uuid:receipt_id}",
    response=ReceiptOut,
    summary="What became of the files of one selection",
    operation_id="get_receipt",
)
def receipt(
    request: HttpRequest,
    response: HttpResponse,
    batch_id: UUID,
    receipt_id: UUID,
    asked: Query[After],
) -> Any:
    """The lines after number `after`; the sums are of all lines."""
    mine = Receipt.objects.filter(tenant=_tenant(request), batch_id=batch_id)
    found = get_object_or_404(mine, pk=receipt_id)
    sums = found.sums()
    later = found.lines.filter(number__gt=asked.after).order_by("number")
    lines = list(later[: asked.limit + 1])
    if len(lines) > asked.limit:
        paging.tell_next(request, response, asked, after=lines[asked.limit - 1].number)
    return ReceiptOut(
        id=found.pk,
        name=str(found),
        selected=sums.selected,
        stored=sums.stored,
        here=sums.here,
        refused=sums.refused,
        waiting=sums.waiting,
        lines=[_settled(line) for line in lines[: asked.limit]],
    )


def _lines(batch: Batch, ids: list[UUID]) -> dict[UUID, Line]:
    lines = Line.objects.filter(receipt__batch=batch, pk__in=ids)
    found = {line.pk: line for line in lines.select_related("receipt__batch", "tenant")}
    if set(found) != set(ids):
        raise Http404
    return found


def _confirmed(line: Line, sha256: str, seen: presigned.Seen) -> SettledOut:
    try:
        return _settled(presigned.confirm(line, sha256, seen))
    except presigned.NotSent as why:
        return _settled(line, str(why))


def _settled(line: Line, reason: str = "") -> SettledOut:
    return SettledOut(
        id=line.pk,
        path=line.path,
        outcome=cast(State, line.outcome),
        reason=reason or line.reason,
        photo=line.photo_id,
    )


def _offered(offer: presigned.Offer) -> UploadOut:
    line, ticket = offer.line, offer.ticket
    return UploadOut(
        id=line.pk,
        path=line.path,
        outcome=cast(State, line.outcome),
        reason=line.reason,
        url=ticket.url if ticket else None,
        fields=ticket.fields if ticket else {},
        expires_at=ticket.expires_at if ticket else None,
    )


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
