"""The one way to write the audit log."""

from typing import Any

from carousel.tenants.models import AuditEntry, Tenant, User

LONGEST = 120


def note(
    tenant: Tenant,
    user: User | None,
    action: str,
    subject: str = "",
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Inside the transaction of the change it tells about. A long subject is told by its beginning:
    it must not stand in the way of the change."""
    return AuditEntry.objects.create(
        tenant=tenant,
        user=user,
        action=action,
        subject=subject[:LONGEST],
        before=before or {},
        after=after or {},
    )
