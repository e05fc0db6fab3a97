"""Jobs over the JSON API: start one, see how far it is, stop it, try it again."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from carousel import paging, storage
from carousel.errors import Refused
from carousel.models import Tenant, User
from imaging.jobs import control as reviving
from imaging.jobs import pipeline, progress
from imaging.jobs.models import Batch, Job
from imaging.uploads import control, links
from imaging.uploads.batches import new_batch
from imaging.uploads.models import Photo

router = Router(tags=["jobs"])
remover = Router(tags=["jobs"])
MOST = 500

State = Literal["pending", "processing", "waiting_storage", "completed", "failed"]


class StepOut(Schema):
    """One arrow of the timeline. `ms`: how long it took; `attempts`: claims so far."""

    name: str
    state: Literal["waiting", "running", "done", "dead"]
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    ms: int | None
    model: str
    error: str


class JobOut(Schema):
    """`seconds_left`: a guess from how long its kinds of steps took lately; null when unknown.

    `result`: signed addresses of what was made, working for minutes: ask again for fresh ones.
    """

    id: UUID
    kind: str
    batch: UUID | None
    photo: UUID | None
    state: State
    error: str
    total: int
    processed: int
    failed: int
    is_stuck: bool
    seconds_left: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    steps: list[StepOut]
    result: dict[str, str]


class StartIn(Schema):
    """Photos to be worked on again, or addresses to fetch. One of the two."""

    batch: UUID | None = None
    photos: list[UUID] = Field(default_factory=list, max_length=MOST)
    urls: list[str] = Field(default_factory=list, max_length=100)


class StartedOut(Schema):
    """`jobs`: one for each photo or address; `refused`: address -> why it is not fetched."""

    batch: UUID
    total: int
    jobs: list[UUID]
    refused: dict[str, str]


class JobsAsked(Schema):
    """Which jobs of a batch."""

    batch: UUID
    state: State | None = None
    page: int = Field(1, ge=1, le=100_000)
    limit: int = Field(50, ge=1, le=100)


class ProcessIn(Schema):
    """One picture by its address; its host must be on the allow-list."""

    url: str = Field(max_length=2000)
    batch: UUID | None = None


class ProcessOut(Schema):
    job: UUID
    batch: UUID


class Count(Schema):
    jobs: int


@router.post(
    "/jobs",
    response={202: StartedOut},
    summary="Work on photos, or on addresses",
    operation_id="start_jobs",
)
def start(request: HttpRequest, body: StartIn) -> Any:
    """404 when one of the photos is not of this shop: nothing is started then."""
    if bool(body.photos) == bool(body.urls):
        raise Refused("Name photos or urls, one of the two.")
    if body.photos:
        return Status(202, _again(request, body.photos))
    batch = _batch_or_new(request, body.batch)
    jobs, refused = links.take(batch, _user(request), body.urls)
    started = StartedOut(batch=batch.pk, total=len(jobs), jobs=jobs, refused=refused)
    return Status(202, started)


@router.get(
    "/jobs/{uuid:job_id}", response=JobOut, summary="How far a job is", operation_id="get_job"
)
def one(request: HttpRequest, job_id: UUID) -> Any:
    return _out(request, _job(request, job_id))


@router.get(
    "/jobs",
    response=list[JobOut],
    summary="Jobs of a batch, newest first",
    operation_id="list_jobs",
)
def listed(request: HttpRequest, response: HttpResponse, asked: Query[JobsAsked]) -> Any:
    """An empty list also for a batch that does not exist."""
    jobs = Job.objects.filter(tenant=_tenant(request), batch=asked.batch)
    if asked.state:
        jobs = jobs.filter(state=asked.state)
    first = (asked.page - 1) * asked.limit
    found = list(jobs.order_by("-created_at", "pk")[first : first + asked.limit + 1])
    if len(found) > asked.limit:
        paging.tell_next(request, response, asked, page=asked.page + 1)
    return [_out(request, job) for job in found[: asked.limit]]


@router.post(
    "/jobs/{uuid:job_id}/cancel", response=JobOut, summary="Stop a job", operation_id="cancel_job"
)
def cancel(request: HttpRequest, job_id: UUID) -> Any:
    """409 when it is over already. What is done stays."""
    job = _job(request, job_id)
    control.cancel(job)
    return _out(request, _job(request, job_id))


@router.post(
    "/jobs/{uuid:job_id}/retry",
    response=JobOut,
    summary="Try a failed job again",
    operation_id="retry_job",
)
def retry(request: HttpRequest, job_id: UUID) -> Any:
    """409 when it has not failed."""
    job = _job(request, job_id)
    if job.kind == "photo":
        control.retry(get_object_or_404(Photo.objects.live(), pk=job.subject_id))
    elif not reviving.retry(job):
        raise Refused("This job has not failed.")
    return _out(request, _job(request, job_id))


@router.post(
    "/batches/{uuid:batch_id}/stop",
    response=Count,
    summary="Stop all open work of a batch",
    operation_id="stop_batch",
)
def stop(request: HttpRequest, batch_id: UUID) -> Any:
    return Count(jobs=control.stop(_batch(request, batch_id)))


@router.post(
    "/batches/{uuid:batch_id}/retry",
    response=Count,
    summary="Try all failed photos again",
    operation_id="retry_batch",
)
def retry_all(request: HttpRequest, batch_id: UUID) -> Any:
    return Count(jobs=control.retry_all(_batch(request, batch_id)))


@remover.post(
    "/process",
    response={202: ProcessOut},
    summary="Remove one picture's background",
    operation_id="remove_background",
)
@transaction.atomic
def process(request: HttpRequest, response: HttpResponse, body: ProcessIn) -> Any:
    """Fetches the picture and works on it; ask its status by the job. A file: send it to a batch.

    409 with the reason for an address that may not be opened: nothing is looked up.
    """
    batch = _batch_or_new(request, body.batch)
    jobs, refused = links.take(batch, _user(request), [body.url])
    if refused:
        raise Refused(refused[body.url])  # and no batch was opened for it
    response["Location"] = reverse("api:get_job", args=[jobs[0]])
    return Status(202, ProcessOut(job=jobs[0], batch=batch.pk))


@remover.get(
    "/status/{uuid:job_id}",
    response=JobOut,
    summary="How far that is, and its result",
    operation_id="get_background_job",
)
def status(request: HttpRequest, job_id: UUID) -> Any:
    return _out(request, _job(request, job_id))


def _again(request: HttpRequest, ids: list[UUID]) -> StartedOut:
    photos = list(
        Photo.objects.live()
        .filter(tenant=_tenant(request), pk__in=ids, original_gone_at=None)
        .exclude(original="")
        .select_related("batch", "tenant")
    )
    if {photo.pk for photo in photos} != set(ids):
        raise Http404
    if len({photo.batch_id for photo in photos}) > 1:
        raise Refused("Name photos of one batch.")
    jobs = [pipeline.start(photo.tenant, "photo", photo.pk, photo.batch).pk for photo in photos]
    return StartedOut(batch=photos[0].batch_id, total=len(jobs), jobs=jobs, refused={})


def _out(request: HttpRequest, asked: Job) -> JobOut:
    """A fetch that is done goes on as the job of the photo it brought."""
    job = links.followed(asked)
    photo = Photo.objects.filter(pk=job.subject_id).first() if job.kind == "photo" else None
    steps = list(job.steps.order_by("created_at"))
    over = job.state in {Job.State.COMPLETED, Job.State.FAILED}
    done = sum(step.state == "done" for step in steps)
    total = len(pipeline.steps_of(job.kind))
    return JobOut(
        id=asked.pk,
        kind=job.kind,
        batch=job.batch_id,
        photo=photo.pk if photo else None,
        state=cast(State, progress.state_of(job, steps)),
        error=job.error or (photo.reason if photo else ""),
        total=total,
        processed=done,
        failed=total - done if over else 0,
        is_stuck=progress.is_stuck(steps),
        seconds_left=None if over else progress.seconds_left(job, steps),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        steps=[StepOut(name=step.kind, ms=step.duration_ms, **_plain(step)) for step in steps],
        result=_result(request, photo),
    )


def _plain(step: Any) -> dict[str, Any]:
    names = ("state", "attempts", "started_at", "finished_at", "model", "error")
    return {name: getattr(step, name) for name in names}


def _result(request: HttpRequest, photo: Photo | None) -> dict[str, str]:
    if photo is None:
        return {}
    return {
        variant: request.build_absolute_uri(storage.url_for(photo.files[variant]["key"]))
        for variant in ("cutout", "cutout-320", "1280", "320")
        if photo.has(variant)
    }


def _job(request: HttpRequest, pk: UUID) -> Job:
    return get_object_or_404(Job, pk=pk, tenant=_tenant(request))


def _batch(request: HttpRequest, pk: UUID) -> Batch:
    return get_object_or_404(_tenant(request).batches.live(), pk=pk)


def _batch_or_new(request: HttpRequest, pk: UUID | None) -> Batch:
    return _batch(request, pk) if pk else new_batch(_tenant(request), _user(request))


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
