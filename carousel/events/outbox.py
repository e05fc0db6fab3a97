"""Write an event in the same transaction as the change it tells about."""

from typing import Any
from uuid import UUID

from django.db import connection

from carousel.events.models import Event
from carousel.tenants.models import Tenant


def record(tenant: Tenant, kind: str, /, subject: UUID | None = None, **data: Any) -> Event:
    """Append to the tenant's log.

    The advisory lock keeps a tenant's positions in commit order. Without it a reader
    that remembers the last position it saw can skip an event that commits late.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7001, hashtext(%s))", [str(tenant.pk)])
    return Event.objects.create(tenant=tenant, kind=kind, subject=subject, data=data)
