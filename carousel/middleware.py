"""What every answer gets, whoever made it: a request id, limits in headers, closed doors."""

import logging
import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from carousel import counters, measures, tracing
from carousel.tenants import idempotency, walls
from carousel.web import Request, enter

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"
STYLES_IN_PLACE = {"style-src": "'unsafe-inline'"}
"""Django's admin and import-export set a few styles on their elements; scripts never."""
CORS_METHODS = "GET, HEAD, OPTIONS"


class RequestIdMiddleware:
    """First of all, so that even a refusal by Django itself can be found in the log."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = tracing.accept(request.headers.get(tracing.HEADER))
        started = time.monotonic()
        with tracing.traced(request_id):
            with tracing.stage(request.method or "GET", path=request.path):
                response = self.get_response(request)
                idempotency.end(request, response)
            _measure(request, response, time.monotonic() - started)
        response[tracing.HEADER] = request_id
        response.setdefault("Permissions-Policy", PERMISSIONS)
        allowance = getattr(request, "allowance", None)
        for name, value in allowance.headers().items() if allowance else ():
            response.setdefault(name, value)
        return response


def _measure(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """By route, never by path: a path has ids in it, and there are endless paths."""
    route = request.resolver_match.view_name if request.resolver_match else "none"
    status = response.status_code
    measures.REQUESTS.labels(request.method, route, status).observe(seconds)
    if route not in UNTOLD:
        path = "" if route in OPENED_BY_PATH else request.path
        log.info("%s %s %s in %.0f ms", request.method, path or route, status, seconds * 1000)
    if light := LIGHTS.get(route.partition("-")[0]) or LIGHTS.get(route):
        counters.count(light, failed=status >= 500)
    if status >= 500:
        counters.count("answer", failed=True)


UNTOLD = {"health", "metrics"}
"""Asked every few seconds by machines."""
OPENED_BY_PATH = {"file", "new-password"}
"""Their path is the key: whoever reads the log must not be able to open them."""
LIGHTS = {
    "review": "review",
    "group": "review",
    "sign-in": "sign-in",
    "oidc": "sign-in",
    "api:login": "sign-in",
    "api:refresh_token": "sign-in",
}
"""Route, or its first word -> the light that its errors turn red."""


class CookielessMiddleware:
    """Signed pictures are asked for and given without cookies, whoever is signed in."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/files/"):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class AdminWallMiddleware:
    """In the data-fix admin a superuser sees every shop, a shop's own staff only theirs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = STYLES_IN_PLACE  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Once the route is known, for the matrix of roles goes by it."""
        found = request.resolver_match
        if found is None or found.app_name != "admin" or not request.user.is_authenticated:
            return
        if request.user.is_superuser:
            walls.cross()
        elif found.view_name not in {"admin:login", "admin:logout"}:
            enter(cast(Request, request))


class StorefrontMiddleware:
    """Lets the storefront's own origin, and no other, read the JSON API from a browser."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        ours = request.path.startswith("/api/") and origin in settings.STOREFRONT_ORIGINS
        if ours and request.method == "OPTIONS":
            response = HttpResponse(status=204)
        else:
            response = self.get_response(request)
        if ours:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Methods"] = CORS_METHODS
            response["Access-Control-Allow-Headers"] = "Authorization, If-None-Match"
            response["Access-Control-Expose-Headers"] = "ETag, Link, X-Request-ID"
        if request.path.startswith("/api/"):
            patch_vary_headers(response, ["Origin"])
        return response
