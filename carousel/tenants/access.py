"""Who may do what: one row for each route, a role for reading it and a role for writing to it.

Roles rise: viewer, reviewer, manager, admin. A route without a row is closed to everybody, and a
test that walks every route fails until the row is written.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from carousel.tenants.models import Membership

VIEWER, REVIEWER, MANAGER, ADMIN = Membership.Role.values
LADDER = Membership.Role.values
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Access:
    read: str
    write: str


WORK = Access(VIEWER, REVIEWER)
"""What reviewers do all day."""
RULES = Access(VIEWER, MANAGER)
"""What changes how the shop works."""
RIGHTS = Access(ADMIN, ADMIN)
"""What changes who may do what."""

OPEN = {
    "sign-in",
    "sign-out",
    "oidc-begin",
    "oidc-callback",
    "health",
    "metrics",
    "ops",
    "ops-run",
    "api:login",
    "api:register",
    "api:refresh_token",
    "api:logout",
    "api:openapi-json",
    "api:openapi-view",
    "api:api-root",
}
"""Routes that ask for no role: they check for themselves, or tell nobody's business."""

ROUTES: dict[str, Access] = {
    "settings": RULES,
    "settings-keys": RIGHTS,
    "settings-key-revoke": RIGHTS,
    "settings-people": RIGHTS,
    "settings-person": RIGHTS,
    "settings-history": Access(MANAGER, ADMIN),
    "switch-tenant": Access(VIEWER, VIEWER),
    "api:get_settings": RULES,
    "api:put_settings": RULES,
}


def allows(route: str, method: str, role: str) -> bool:
    row = ROUTES.get(route, WORK)
    needed = row.read if method in SAFE else row.write
    return LADDER.index(role) >= LADDER.index(needed)


def check(request: HttpRequest, role: str) -> None:
    """PermissionDenied, with a sentence, when this role may not do this here."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    if not allows(route, request.method or "GET", role):
        raise PermissionDenied(f"A {role} may not do this. Ask the shop's administrator.")
