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
"""What changes how the shop works, or what it told others."""
RIGHTS = Access(ADMIN, ADMIN)
"""What changes who may do what."""
REPORT = Access(MANAGER, MANAGER)
"""Figures and sales to take away."""
REPAIR = Access(MANAGER, MANAGER)
"""The data-fix admin, whose own permissions decide about each table."""
OWN = Access(VIEWER, VIEWER)
"""What concerns only the person who asks."""
CLOSED = "No role may do this: the address has no row in carousel/tenants/access.py."

OPEN = {
    *("sign-in", "sign-out", "oidc-begin", "oidc-callback", "file", "health", "metrics"),
    *("health-live", "health-ready", "ops", "ops-run", "ops-readiness"),
    "put-file",
    "new-password",
    *("api:login", "api:register", "api:refresh_token", "api:logout", "api:receive_event"),
    *("api:openapi-json", "api:openapi-view", "api:api-root"),
}
"""Routes that ask for no role: they check for themselves, or tell nobody's business."""


def _rows(access: Access, *names: str) -> dict[str, Access]:
    return dict.fromkeys(names, access)


ROUTES: dict[str, Access] = {
    # The shop itself.
    **_rows(RULES, "settings", "photo-canvas", "api:get_settings", "api:put_settings"),
    **_rows(RIGHTS, "settings-keys", "settings-key-revoke", "settings-people", "settings-person"),
    "settings-person-link": RIGHTS,
    "settings-history": Access(MANAGER, ADMIN),
    **_rows(OWN, "switch-tenant", "settings-password"),
    # Batches and photos.
    **_rows(
        WORK,
        *("batches", "new-batch", "upload", "rename-batch", "receipts", "select-files", "manifest"),
        *("not-sent", "send-file", "progress", "stop-batch", "retry-batch", "live-progress"),
        *("retry-photo", "picture", "photo", "photo-treat", "photo-cut-again"),
        *("photo-fine", "suspects"),
        "photo-analyse-again",
        *("api:create_batch", "api:get_batch", "api:send_photo", "api:list_photos"),
        *("api:announce_uploads", "api:confirm_uploads", "api:confirm_upload"),
        *("api:get_receipt", "api:start_jobs", "api:get_job", "api:list_jobs"),
        *("api:cancel_job", "api:retry_job", "api:stop_batch", "api:retry_batch"),
        *("api:remove_background", "api:get_background_job"),
    ),
    # Groups.
    **_rows(
        WORK,
        *("review", "review-live", "review-presence", "review-edits", "review-sure"),
        *("review-targets", "review-pairs", "review-strictness", "review-move", "review-merge"),
        *("review-reject-all", "review-undo", "review-redo", "review-checkpoint"),
        *("review-regroup", "review-judge", "review-accept", "review-reopen", "review-reject"),
        *("group", "group-why", "group-rename", "group-split", "group-cut", "group-cover"),
        *("group-accept", "group-reopen", "group-reject"),
        *("api:list_groups", "api:merge_groups", "api:move_photos", "api:accept_groups"),
        *("api:clear_groups", "api:undo_edit", "api:redo_edit", "api:list_edits"),
        *("api:regroup_batch", "api:get_group", "api:change_group", "api:split_group"),
        *("api:explain_group", "api:process_groups"),
        *("review-seen", "group-encounter", "api:list_matches", "api:judge_match"),
        *("api:name_version", "api:list_seen_items", "api:cut_group"),
        *("api:list_items_seen_like", "api:judge_seen_item"),
    ),
    **_rows(RULES, "grouping-lessons", "grouping-lesson", "api:list_tunings"),
    **_rows(RULES, "api:apply_tuning", "api:decline_tuning"),
    # Items and what the models say of them.
    **_rows(
        WORK,
        *("products", "product", "product-live", "product-edit", "product-use", "product-primary"),
        *("product-relist", "product-delete", "product-restore", "product-become"),
        *("analysis", "analysis-again", "damage-mark", "damage-decide"),
        *("translate-en", "translate-is", "claim-note", "claim-strike"),
        *("api:list_products", "api:create_product", "api:get_statistics", "api:get_product"),
        *("api:change_product", "api:delete_product", "api:put_product_state"),
        *("api:restore_product", "api:list_product_pictures", "api:put_primary_picture"),
        *("api:get_photo_analysis", "api:get_product_analyses"),
    ),
    # Prices.
    **_rows(
        WORK,
        *("accuracy", "market", "audit-price", "prices", "accept-prices", "price", "price-quote"),
        *("price-accept", "price-set", "price-strike", "price-unstrike"),
        *("api:calculate_price", "api:get_price"),
    ),
    "market-file": REPORT,
    # Books.
    **_rows(
        WORK,
        *("books", "shelf", "shelf-picture", "shelf-draft", "shelf-undraft", "shelf-retry"),
        *("spine-decide", "spine-correct", "spine-choose", "live-shelf"),
        *("api:send_shelf", "api:get_shelf", "api:get_shelf_stages"),
    ),
    # What was told to others, and whether store and lake agree.
    **_rows(RULES, "events", "resend-event", "dead-letters", "replay-letters", "exports"),
    **_rows(RULES, "set-letters-aside", "api:list_events"),
    **_rows(RULES, "validations", "validate-now", "validation", "validation-json"),
    "repair-validation": RULES,
}
"""Name of a route -> who may read it and who may write to it. The API's names are operation ids."""


def row(route: str) -> Access | None:
    """The row of a route; None for a route that is closed to everybody."""
    return REPAIR if route.startswith("admin:") else ROUTES.get(route)


def allows(route: str, method: str, role: str) -> bool:
    found = row(route)
    if found is None or role not in LADDER:
        return False
    needed = found.read if method in SAFE else found.write
    return LADDER.index(role) >= LADDER.index(needed)


def check(request: HttpRequest, role: str) -> None:
    """PermissionDenied, with a sentence, when this role may not do this here."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    if row(route) is None:
        raise PermissionDenied(CLOSED)
    if not allows(route, request.method or "GET", role):
        raise PermissionDenied(f"A {role} may not do this. Ask the shop's administrator.")
