"""The shop's log of events over the JSON API, for programs that catch up or look back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import StringConstraints

from carousel import paging
from carousel.events.models import Event
from carousel.tenants.models import Tenant

router = Router(tags=["events"])


class EventsAsked(Schema):
    """Which events, and how many at once."""

    limit: int = Field(50, ge=1, le=200)
    before: int | None = Field(None, ge=0, lt=2**63, description="From `next`: a position.")
    kind: Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z._]*$")] = Field(
        "", examples=["product.sold"]
    )
    subject: UUID | None = Field(None, description="What happened to this item, batch or photo.")


class EventOut(Schema):
    id: UUID
    position: int = Field(description="Rises with every event.")
    kind: str = Field(examples=["product.sold"])
    subject: UUID | None
    data: dict[str, Any]
    created_at: datetime
    sent_at: datetime | None


class EventList(Schema):
    items: list[EventOut]
    next: int | None = Field(description="The `before` of the next page; null on the last.")


@router.get("/log", response=EventList, operation_id="list_events", summary="The log of events")
def list_events(request: HttpRequest, response: HttpResponse, asked: Query[EventsAsked]) -> Any:
    """Newest first. What comes meanwhile goes on top and disturbs no page."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    found = Event.objects.filter(tenant=tenant).order_by("-position")
    found = found.filter(kind=asked.kind) if asked.kind else found
    found = found.filter(subject=asked.subject) if asked.subject else found
    found = found.filter(position__lt=asked.before) if asked.before is not None else found
    rows = list(found[: asked.limit + 1])
    more = len(rows) > asked.limit
    following = rows[asked.limit - 1].position if more else None
    if more:
        paging.tell_next(request, response, asked, before=following)
    return {"items": rows[: asked.limit], "next": following}
