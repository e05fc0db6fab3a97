"""What every answer gets, whoever made it: a request id, limits in headers, closed doors."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from carousel import tracing
from carousel.tenants import idempotency, walls
from carousel.web import Request, enter

Answer = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"
CORS_METHODS = "GET, HEAD, OPTIONS"


class RequestIdMiddleware:
    """First of all, so that even a refusal by Django itself can be found in the log."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = tracing.accept(request.headers.get(tracing.HEADER))
        with tracing.traced(request_id):
            response = self.get_response(request)
            idempotency.end(request, response)
        response[tracing.HEADER] = request_id
        response.setdefault("Permissions-Policy", PERMISSIONS)
        allowance = getattr(request, "allowance", None)
        for name, value in allowance.headers().items() if allowance else ():
            response.setdefault(name, value)
        return response


class AdminWallMiddleware:
    """In the data-fix admin a superuser sees every shop, a shop's own staff only theirs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/admin/") and request.user.is_authenticated:
            if request.user.is_superuser:
                walls.cross()
            else:
                enter(cast(Request, request))
        return self.get_response(request)


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
