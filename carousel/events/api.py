"""Where partners deliver events: `POST /api/v1/events`, signed, in either envelope."""

import logging
import time
from typing import Any, Literal
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from carousel.errors import GiveUp
from carousel.events import inbox, signing
from carousel.events.causes import cause_of
from carousel.events.envelope import LARGEST_BODY, opened
from carousel.events.inbox import Outcome
from carousel.events.models import DeadLetter, Source
from carousel.tenants import walls
from carousel.tenants.limits import spend

log = logging.getLogger(__name__)

router = Router(tags=["events"])
SENDER = "Carousel-Source"


class Acknowledgement(Schema):
    """`duplicate`: it was taken before and nothing was done now. `state`: what became of it."""

    outcome: Literal["taken", "duplicate"]
    state: str = Field(examples=["applied"])
    event: UUID = Field(description="Our name for it.")


def signed(request: HttpRequest) -> Source | None:
    """The source that signed this body, or None, which is a 401 that says nothing more.

    The source's id is in the header `Carousel-Source`; the signature is that of Standard Webhooks.
    """
    source = _source(request.headers.get(SENDER, ""))
    if source is None or len(request.body) > LARGEST_BODY:
        return None
    try:
        signing.verify(
            source.keys, signing.Headers.of(request.headers), request.body, now=time.time()
        )
    except signing.BadSignature as why:
        log.warning("An event of source %s was refused: %s", source.pk, why)
        with walls.inside(source.tenant_id):
            _note_bad_signature(source, str(why))
        return None
    walls.enter(source.tenant_id)
    request.tenant, request.role = source.tenant, ""  # type: ignore[attr-defined]
    request.allowance = spend(source.tenant, "event")  # type: ignore[attr-defined]
    return source


@router.post(
    "",
    auth=signed,
    response={202: Acknowledgement, 200: Acknowledgement},
    operation_id="receive_event",
    summary="Deliver an event",
)
def receive(request: HttpRequest) -> Any:
    """Deliver one event: an EventBridge envelope or a CloudEvent 1.0, of at most 256 KiB.

    202 when it was taken, 200 when it had been before, 409 when its id stands for another body,
    422 when it can never be understood. All of these are final: do not send it again. Anything
    else was not stored: send it again.
    """
    source: Source = request.auth  # type: ignore[attr-defined]
    try:
        envelope = opened(request.body)
        subject = envelope.product
        if envelope.tenant != source.tenant_id:
            raise GiveUp("The event names another tenant.")
    except GiveUp as error:
        _bury_malformed(source, request.body, str(error))
        raise
    receipt = inbox.receive(source.tenant, envelope)
    if receipt.outcome == Outcome.CONFLICT:
        raise HttpError(409, f"Another event of {subject} came with the id {envelope.id}.")
    told = Acknowledgement(
        outcome=receipt.outcome.value, state=receipt.event.state, event=receipt.event.pk
    )
    return Status(202 if receipt.outcome == Outcome.TAKEN else 200, told)


def _source(text: str) -> Source | None:
    try:
        name = UUID(text)
    except ValueError:
        return None
    known = Source.objects.filter(is_active=True, tenant__is_active=True)
    return known.select_related("tenant").filter(pk=name).first()


def _note_bad_signature(source: Source, why: str) -> None:
    """One open letter a source, with a count: a stranger must not fill the table."""
    letters = DeadLetter.objects.open().filter(
        tenant=source.tenant_id, origin="inbox:signature", subject=source.pk
    )
    if not letters.update(attempts=F("attempts") + 1, error=why):
        DeadLetter.objects.create(
            tenant_id=source.tenant_id,
            origin="inbox:signature",
            subject=source.pk,
            cause="bad signature",
            error=why,
        )


def _bury_malformed(source: Source, body: bytes, error: str) -> None:
    text = body[:4000].decode(errors="replace").replace("\x00", "\ufffd")
    DeadLetter.objects.create(
        tenant_id=source.tenant_id,
        origin="inbox:malformed",
        cause=cause_of(error),
        payload={"source": str(source.pk), "body": text},
        error=error,
    )
