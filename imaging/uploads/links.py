"""Photos by their addresses: each is checked at once, fetched by a worker, and comes in through the
same door as any other file. A link is a line of a receipt that waits for its bytes."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction

from carousel import fetching
from carousel.errors import GiveUp, Refused
from carousel.models import User
from imaging.jobs import pipeline
from imaging.jobs.models import Batch, Job, Step
from imaging.uploads.intake import BLOCK, Arrival, Outcome, receive, refuse
from imaging.uploads.receipt import Chosen, Line, open_receipt

KIND = "fetch"


@transaction.atomic
def take(batch: Batch, user: User | None, urls: Sequence[str]) -> tuple[list[UUID], dict[str, str]]:
    """(jobs, address -> why it is refused). No name is looked up here."""
    refused = {url: sentence for url in urls if (sentence := _why_not(url))}
    wanted = [url for url in dict.fromkeys(urls) if url not in refused]
    if not wanted:
        return [], refused
    receipt, _ = open_receipt(batch, user, "Links", [Chosen(url, 0) for url in wanted])
    lines = receipt.lines.waiting().order_by("number")
    jobs = [pipeline.start(batch.tenant, KIND, line.pk, batch).pk for line in lines]
    return jobs, refused


def _why_not(url: str) -> str:
    try:
        fetching.check(url)
    except Refused as no:
        return str(no)
    return ""


def fetch(step: Step) -> None:
    """The step: the bytes of one link become a photo, or its line says why not."""
    line = Line.objects.select_related("receipt__batch", "receipt__user", "tenant").get(
        pk=step.job.subject_id
    )
    if line.outcome != Line.Outcome.WAITING:
        return
    batch, user = line.receipt.batch, line.receipt.user
    fetched = fetching.fetch(line.path)
    arrival = _arrival(line, fetched.filename)
    result = receive(line.tenant, user, batch, _blocks(fetched.content), arrival)
    if result.outcome is Outcome.REFUSED:
        raise GiveUp(result.reason)


def failed(job: Job, error: str) -> None:
    """Nothing came: the receipt and the batch's page say why."""
    line = Line.objects.select_related("receipt__batch", "tenant").filter(pk=job.subject_id).first()
    if line and line.outcome == Line.Outcome.WAITING:
        refuse(line.tenant, None, line.receipt.batch, _arrival(line), error)


def followed(job: Job) -> Job:
    """The photo's job, once the link has become a photo; else the job itself."""
    if job.kind != KIND or job.state != Job.State.COMPLETED:
        return job
    line = Line.objects.filter(pk=job.subject_id, tenant=job.tenant_id).first()
    if line is None or line.photo_id is None:
        return job
    photos = Job.objects.filter(kind="photo", subject_id=line.photo_id)
    return photos.order_by("-created_at").first() or job


def _arrival(line: Line, filename: str = "") -> Arrival:
    name = filename or line.path.rsplit("/", 1)[-1]
    index = line.receipt.first_index + line.number
    return Arrival(filename=name, path=name, index=index, line=line)


def _blocks(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), BLOCK):
        yield content[at : at + BLOCK]
