"""Write an event in the same transaction as the change it tells about, and tell who listens."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.events.models import Event
from carousel.tenants.models import Tenant


def record(tenant: Tenant, kind: str, /, subject: UUID | None = None, **data: Any) -> Event:
    """Append to the tenant's log and tell the subscribers; all or nothing with the change."""
    _in_commit_order(tenant)
    event = Event.objects.create(tenant=tenant, kind=kind, subject=subject, data=data)
    _tell(event)
    return event


def record_all(tenant: Tenant, kind: str, /, subjects: Sequence[UUID], **data: Any) -> None:
    """One event for each subject, with the same data, in as few queries as one event takes."""
    _in_commit_order(tenant)
    events = [Event(tenant=tenant, kind=kind, subject=subject, data=data) for subject in subjects]
    for event in Event.objects.bulk_create(events):
        _tell(event)


def _in_commit_order(tenant: Tenant) -> None:
    """The advisory lock keeps a tenant's positions in commit order.

    Without it a reader that remembers the last position it saw can skip an event that commits late.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7001, hashtext(%s))", [str(tenant.pk)])


def _tell(event: Event) -> None:
    for name in wiring.SUBSCRIBERS.get(event.kind, ()):
        import_string(name)(event)
