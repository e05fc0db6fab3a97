"""Write an event in the same transaction as the change it tells about, and tell who listens."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.events.models import Event
from carousel.tenants.models import Tenant


def record(tenant: Tenant, kind: str, /, subject: UUID | None = None, **data: Any) -> Event:
    """Append to the tenant's log and call the kind's subscribers; all or nothing with the change.

    The advisory lock keeps a tenant's positions in commit order. Without it a reader
    that remembers the last position it saw can skip an event that commits late.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7001, hashtext(%s))", [str(tenant.pk)])
    event = Event.objects.create(tenant=tenant, kind=kind, subject=subject, data=data)
    for name in wiring.SUBSCRIBERS.get(kind, ()):
        import_string(name)(event)
    return event
