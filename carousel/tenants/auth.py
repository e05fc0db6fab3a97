"""Who is calling the JSON API: a program with a key, or a person's browser that only reads."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.timezone import now
from ninja.security import HttpBearer, SessionAuth

from carousel.tenants.models import ApiKey, Tenant
from carousel.web import enter

READS = {"GET", "HEAD", "OPTIONS"}


class KeyAuth(HttpBearer):
    """`Authorization: Bearer ck_...`"""

    def authenticate(self, request: HttpRequest, token: str) -> Tenant | None:
        key = ApiKey.objects.matching(token)
        if key is None:
            return None
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now())
        request.tenant = key.tenant  # type: ignore[attr-defined]
        return key.tenant


class ReadingSession(SessionAuth):
    """The staff session, for reading only: API views are outside Django's CSRF check."""

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Tenant | None:
        if request.method not in READS or not request.user.is_authenticated:
            return None
        try:
            enter(request)  # type: ignore[arg-type]
        except PermissionDenied:
            return None
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]
        return tenant
