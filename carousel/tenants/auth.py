"""Who is calling the JSON API: a program with a key, a person with a token, or a reading browser.

Every refusal is the same 401; its cause goes to the log.
"""

import logging

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from carousel.tenants import access, idempotency, oidc, tokens, walls
from carousel.tenants.limits import READS, spend
from carousel.tenants.models import KEY_PREFIX, ApiKey, Membership, Tenant
from carousel.web import enter

log = logging.getLogger(__name__)

SAFE = {"GET", "HEAD", "OPTIONS"}


class Bearer(HttpBearer):
    """`Authorization: Bearer ...`: an API key (ck_...), our access token, or the issuer's."""

    def authenticate(self, request: HttpRequest, token: str) -> Tenant | None:
        try:
            role, tenant = _by_key(request, token) or _by_token(request, token)
        except tokens.Invalid as why:
            log.info("A bearer token was refused: %s", why)
            return None
        return _admit(request, tenant, role)


class ReadingSession(SessionAuth):
    """The staff session, for reading only: API views are outside Django's CSRF check."""

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Tenant | None:
        if request.method not in SAFE or not request.user.is_authenticated:
            return None
        try:
            enter(request)  # type: ignore[arg-type]
        except PermissionDenied:
            return None
        membership: Membership = request.membership  # type: ignore[attr-defined]
        return _admit(request, membership.tenant, membership.role)


def _by_key(request: HttpRequest, token: str) -> tuple[str, Tenant] | None:
    if not token.startswith(KEY_PREFIX):
        return None
    key = ApiKey.objects.matching(token)
    if key is None:
        raise tokens.Invalid("unknown or revoked key")
    if key.is_use_news:
        walls.enter(key.tenant_id)
        key.note_use()
    return key.role, key.tenant


def _by_token(request: HttpRequest, token: str) -> tuple[str, Tenant]:
    membership = oidc.read(token) if oidc.issued(token) else tokens.read(token)
    request.user = membership.user
    return membership.role, membership.tenant


def _admit(request: HttpRequest, tenant: Tenant, role: str) -> Tenant:
    """Note who is calling for the views, and count the call before any work is done."""
    access.check(request, role)
    walls.enter(tenant.pk)
    request.tenant, request.role = tenant, role  # type: ignore[attr-defined]
    action = READS if request.method in SAFE else _action(request.path)
    request.allowance = spend(tenant, action)  # type: ignore[attr-defined]
    idempotency.begin(request, tenant)
    return tenant


def _action(path: str) -> str:
    """Photos and events come in crowds, shelves cost more: counted apart from ordinary writes."""
    if "/photos" in path or "/uploads" in path:
        return "upload"
    if path.startswith("/api/v1/books"):
        return "books"
    return "event" if "/events" in path else "write"
