"""The batches page and the upload page, and what the upload page's script asks for."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from carousel.web import Request, member, page
from imaging.jobs.models import Batch
from imaging.uploads import forms, progress
from imaging.uploads.batches import new_batch, standings
from imaging.uploads.intake import (
    BLOCK,
    WRONG_TYPE,
    Arrival,
    Outcome,
    Received,
    receive,
    refuse,
    too_large,
)
from imaging.uploads.models import Photo
from imaging.uploads.receipt import MOST_FILES, Chosen, Line, Receipt, open_receipt, sums

A_PAGE = 25
STATUS = {Outcome.STORED: 201, Outcome.HERE: 200, Outcome.REFUSED: 200}
"""A refused file is a settled one: the script counts it, the browser has nothing to report."""
WILL_NOT_SEND = {
    "type": WRONG_TYPE,
    "size": too_large(),
    "empty": "The file is empty.",
    "unreadable": "The browser could not read the file.",
}
"""Why the page did not send a file: its word -> our sentence."""


def find(request: Request, pk: UUID) -> Batch:
    return get_object_or_404(request.tenant.batches.live(), pk=pk)


@member
@require_GET
def batches(request: Request) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()
    rows: QuerySet[Batch] = request.tenant.batches.live().select_related("created_by")
    if wanted:
        rows = rows.filter(name__icontains=wanted)
    shown = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": standings(list(shown)),
        "pages": shown,
        "wanted": wanted,
        "place": "batches",
    }
    return page(request, "imaging/batches.html", "batch-rows", context)


@member
@require_POST
def new(request: Request) -> HttpResponse:
    batch = new_batch(request.tenant, request.user, request.POST.get("name", ""))
    return redirect("upload", batch.pk)


@member
@require_POST
def rename(request: Request, pk: UUID) -> HttpResponse:
    batch = find(request, pk)
    form = forms.NameForm(request.POST)
    if form.is_valid() and form.cleaned_data["name"] != batch.name:
        Batch.objects.filter(pk=batch.pk).update(name=form.cleaned_data["name"])
        Batch.objects.touch(batch.pk)
    return HttpResponse(status=204) if request.htmx else redirect("upload", pk)


@member
def upload(request: Request, pk: UUID) -> HttpResponse:
    """The page; a POST is the form without a script, all its files in one request."""
    batch = find(request, pk)
    if request.method == "POST":
        return _upload_without_script(request, batch)
    context = {
        "batch": batch,
        "step": "upload",
        "progress": progress.progress(batch),
        "troubles": progress.troubles(batch),
        "sums": sums(Line.objects.filter(receipt__batch=batch)),
        "most_files": MOST_FILES,
        "largest_bytes": settings.MAX_UPLOAD_BYTES,
        "largest_megabytes": settings.MAX_UPLOAD_BYTES // BLOCK,
    }
    return render(request, "imaging/upload.html", context)


@member
@require_POST
def select(request: Request, pk: UUID) -> HttpResponse:
    """A selection begins: its receipt, with a line for each file before any is sent."""
    batch = find(request, pk)
    wanted = forms.read(forms.Selection, request.body)
    files = [Chosen(path, size) for path, size in wanted.files]
    receipt, continues = open_receipt(batch, request.user, wanted.name, files)
    return JsonResponse({"receipt": str(receipt.pk), "continues": continues}, status=201)


@member
@require_POST
def manifest(request: Request, pk: UUID, receipt_pk: UUID) -> HttpResponse:
    """Which of these hashes are here already, so that their bytes are not sent.

    `have` maps a hash to what became of it; `elsewhere` to the other batch that has the same
    photo, which does not stop it from being stored in this one.
    """
    receipt = _receipt(request, pk, receipt_pk)
    asked = forms.read(forms.Manifest, request.body).files
    hashes = {sha256 for _, sha256 in asked}
    twins = {photo.sha256: photo for photo in _stored(receipt, hashes)}
    for number, sha256 in asked:
        if sha256 in twins:
            _settle_twin(receipt, number, twins[sha256])
    have = {sha256: _as_json(_twin_result(photo)) for sha256, photo in twins.items()}
    return JsonResponse({"have": have, "elsewhere": _elsewhere(request, receipt, hashes)})


@member
@require_POST
def not_sent(request: Request, pk: UUID, receipt_pk: UUID) -> HttpResponse:
    """Files that the page refused by itself: they are on the receipt and on the batch's page."""
    receipt = _receipt(request, pk, receipt_pk)
    for number, why in forms.read(forms.Refusals, request.body).files:
        line = get_object_or_404(receipt.lines, number=number)
        sentence = WILL_NOT_SEND.get(why, WILL_NOT_SEND["unreadable"])
        if why == "type":  # Films and lists on a camera card are not photos of the batch.
            receipt.lines.filter(pk=line.pk).settle(Outcome.REFUSED, reason=sentence)
        else:
            refuse(request.tenant, request.user, receipt.batch, _arrival(line), sentence)
    return JsonResponse({})


@member
@require_POST
def file(request: Request, pk: UUID, receipt_pk: UUID, number: int) -> HttpResponse:
    """One file: its bytes are the body. Answers what became of it."""
    receipt = _receipt(request, pk, receipt_pk)
    line = get_object_or_404(receipt.lines, number=number)
    arrival = _arrival(line, request.headers.get("X-Content-SHA256", ""))
    result = receive(request.tenant, request.user, receipt.batch, _body(request), arrival)
    return JsonResponse(_as_json(result), status=STATUS[result.outcome])


@member
@require_GET
def receipts(request: Request, pk: UUID) -> HttpResponse:
    """The proof before a camera card is wiped. Prints on paper."""
    batch = find(request, pk)
    context = {
        "batch": batch,
        "step": "upload",
        "receipts": batch.receipts.select_related("user").prefetch_related("lines__photo"),
        "sums": sums(Line.objects.filter(receipt__batch=batch)),
    }
    return page(request, "imaging/receipt.html", "receipt-sum", context)


def _upload_without_script(request: Request, batch: Batch) -> HttpResponse:
    files = request.FILES.getlist("files")
    chosen = [Chosen(file.name or "photo", file.size or 0) for file in files]
    if chosen:
        receipt, _ = open_receipt(batch, request.user, "", chosen)
        for line, content in zip(receipt.lines.order_by("number"), files, strict=True):
            chunks = content.chunks(BLOCK)
            receive(request.tenant, request.user, batch, chunks, _arrival(line))
    return redirect("receipts", batch.pk)


def _receipt(request: Request, batch_pk: UUID, pk: UUID) -> Receipt:
    own = Receipt.objects.filter(tenant=request.tenant, batch_id=batch_pk)
    return get_object_or_404(own.select_related("batch"), pk=pk)


def _arrival(line: Line, sha256: str = "") -> Arrival:
    return Arrival(
        filename=line.path.rsplit("/", 1)[-1],
        path=line.path,
        index=line.receipt.first_index + line.number,
        claimed_sha256=sha256.lower(),
        line=line,
    )


def _body(request: Request) -> Iterator[bytes]:
    while block := request.read(BLOCK):
        yield block


def _stored(receipt: Receipt, hashes: set[str]) -> QuerySet[Photo]:
    photos = Photo.objects.live().filter(batch_id=receipt.batch_id, sha256__in=hashes)
    return photos.exclude(original="")


def _twin_result(photo: Photo) -> Received:
    refused = photo.state == Photo.State.REJECTED
    return Received(Outcome.REFUSED if refused else Outcome.HERE, photo, photo.reason)


def _settle_twin(receipt: Receipt, number: int, photo: Photo) -> None:
    result = _twin_result(photo)
    receipt.lines.filter(number=number).settle(
        result.outcome, reason=result.reason, photo=photo, sha256=photo.sha256
    )


def _elsewhere(request: Request, receipt: Receipt, hashes: set[str]) -> dict[str, dict[str, str]]:
    photos = request.tenant.photos.live().filter(sha256__in=hashes, batch__deleted_at=None)
    others = photos.exclude(batch_id=receipt.batch_id).exclude(original="")
    return {
        sha256: {"batch": str(batch), "name": name}
        for sha256, batch, name in others.values_list("sha256", "batch_id", "batch__name")
    }


def _as_json(result: Received) -> dict[str, str]:
    return {
        "outcome": result.outcome.value,
        "photo": str(result.photo.pk),
        "detail": result.reason,
    }
