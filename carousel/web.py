"""The few things every HTML view shares."""

import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, TooManyFilesSent
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import bad_request, server_error
from django_htmx.middleware import HtmxDetails

from carousel import storage
from carousel.errors import Refused, Retry
from carousel.tenants import access, walls
from carousel.tenants.models import Membership, Tenant, User

log = logging.getLogger(__name__)

TENANT_IN_SESSION = "tenant"


class Request(HttpRequest):
    """A request from a member of a tenant. Views behind `member` take this type."""

    htmx: HtmxDetails
    user: User
    tenant: Tenant
    membership: Membership


View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Only for people who have signed in; others are led to where they can."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    return wrapper


def member(view: View) -> View:
    """Only for people who belong to a tenant, which the view finds in `request.tenant`."""

    @signed_in
    @wraps(view)
    def wrapper(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        enter(request)
        return view(request, *args, **kwargs)

    return wrapper


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Whoever was signed out comes back to the page they were on, and is told what was not done."""
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    messages.error(request, "You were signed out. What you pressed was not done.")
    before = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(before, {request.get_host()})
    return redirect_to_login(before if ours else "/")


def enter(request: Request) -> None:
    """Find the tenant that this person works for: the one they chose, or the first.

    Whoever works for several keeps to one: sent away from it, their next press would else be done
    in another.
    """
    memberships = request.user.memberships.filter(tenant__is_active=True).select_related("tenant")
    mine = list(memberships.order_by("created_at"))
    if not mine:
        raise PermissionDenied("You do not belong to a shop yet. Ask its administrator.")
    chosen = request.session.get(TENANT_IN_SESSION)
    found = next((one for one in mine if str(one.tenant_id) == chosen), mine[0])
    if str(found.tenant_id) != chosen and (chosen or len(mine) > 1):
        request.session[TENANT_IN_SESSION] = str(found.tenant_id)
        if chosen and request.method not in access.SAFE:
            raise PermissionDenied("You do not work for that shop any more. Nothing was done.")
    access.check(request, found.role)
    walls.enter(found.tenant_id)
    request.membership, request.tenant = found, found.tenant


def is_still_here(request: Request) -> bool:
    """Asked of a stream that began long ago: neither signed out nor deactivated nor sent away."""
    now = HttpRequest()
    now.session = type(request.session)(request.session.session_key)  # read again, like the person
    user = get_user(now)
    if not isinstance(user, User):
        return False
    return user.memberships.filter(tenant=request.tenant, tenant__is_active=True).exists()


def page(request: Request, template: str, partial: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or only `partial` of it when htmx is swapping an element."""
    wants_part = bool(request.htmx) and request.headers.get("HX-Request-Type") == "partial"
    response = render(request, f"{template}#{partial}" if wants_part else template, context)
    patch_vary_headers(response, ["HX-Request-Type"])
    return response


def parts(
    request: Request, template: str, *partials: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Several partials in one response. Each carries its own id and replaces itself."""
    html = [
        f'<hx-partial hx-target="#{name}" hx-swap="outerMorph">'
        f"{render_to_string(f'{template}#{name}', context, request)}</hx-partial>"
        for name in partials
    ]
    return HttpResponse("\n".join(html), status=status)


class RefusalMiddleware:
    """Answer a refusal with its sentence, in the page or as a toast in the page that asked; and
    what may pass (a storage, a database that is away, a full disk) with when to come back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return _not_by_link(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refused):
            return _sentence(request, str(error), 409)
        if isinstance(error, DataError):
            return _sentence(request, CANNOT_BE_STORED, 400)
        passing = _passing(error)
        if passing is None:
            return None
        log.error("%s %s must wait: %s", request.method, request.path, error)
        response = _sentence(request, passing[1], passing[0])
        response["Retry-After"] = str(COME_BACK)
        return response


def _not_by_link(request: HttpRequest, bare: HttpResponse) -> HttpResponse:
    """A page instead of the bare 405 for which a browser shows an error of its own."""
    sentence = "This address only takes what a button sends; nothing was changed."
    response = _sentence(request, sentence, 405)
    response["Allow"] = bare["Allow"]
    return response


CANNOT_BE_STORED = "Something in it cannot be stored as it is; nothing was changed."
COME_BACK = 10
"""Seconds after which a browser may try again."""


def _passing(error: Exception) -> tuple[int, str] | None:
    """(status, sentence) of what is wrong with the machine and not with the request."""
    if isinstance(error, storage.Full) or storage.is_no_room(error):
        return 507, storage.NO_ROOM_LEFT
    if isinstance(error, Retry):
        return 503, str(error)
    if isinstance(error, OperationalError):
        return 503, "The database does not answer; nothing was changed. Try again in a moment."
    return None


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A body that Django gives up on. Of those, staff can only meet the form of too many files."""
    if not isinstance(exception, TooManyFilesSent):
        return bad_request(request, exception)
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    sentence = f"At most {limit} files fit in one form; nothing was stored. Choose fewer of them."
    return HttpResponse(render_to_string("errors/refused.html", {"message": sentence}), status=413)


def failed(request: HttpRequest) -> HttpResponse:
    """Django's last answer, to what breaks outside a view too: a session that cannot be saved.

    Made without the request, whose user may be what cannot be read.
    """
    error = sys.exception()
    passing = _passing(error) if isinstance(error, Exception) else None
    if passing is None:
        return server_error(request)
    log.error("%s %s must wait: %s", request.method, request.path, error)
    page = render_to_string("errors/refused.html", {"message": passing[1]})
    return HttpResponse(page, status=passing[0], headers={"Retry-After": str(COME_BACK)})


def _sentence(request: HttpRequest, message: str, status: int) -> HttpResponse:
    return render(request, "refused.html", {"message": message}, status=status)
