"""The JSON API: every app's router under one roof, and one place for its errors (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from carousel import wiring
from carousel.errors import GiveUp, Refused, Retry
from carousel.tenants.auth import Bearer, ReadingSession
from carousel.tenants.idempotency import Replayed, Unusable
from carousel.tenants.limits import TooMany

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    409: "Refused",
    412: "Changed meanwhile",
    428: "Version needed",
    422: "Invalid input",
    429: "Too many requests",
    503: "Try again later",
}

api = NinjaAPI(
    title="Carousel",
    version="1",
    description="Listings for the storefront, and everything that staff can do.",
    urls_namespace="api",
    docs_url="/docs",
    auth=[Bearer(), ReadingSession()],
)

for prefix, router in wiring.ROUTERS.items():
    api.add_router(prefix, router)


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    """An answer of type application/problem+json."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    return JsonResponse(
        body | {"detail": detail} | more, status=status, content_type="application/problem+json"
    )


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(409, str(error))


@api.exception_handler(GiveUp)
def gave_up(request: HttpRequest, error: GiveUp) -> HttpResponse:
    return problem(422, str(error))


@api.exception_handler(Retry)
def later(request: HttpRequest, error: Retry) -> HttpResponse:
    response = problem(503, str(error))
    response["Retry-After"] = "5"
    return response


@api.exception_handler(TooMany)
def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    response = problem(429, str(error))
    response["Retry-After"] = str(error.allowance.reset)
    for name, value in error.allowance.headers().items():
        response[name] = value
    return response


@api.exception_handler(Replayed)
def replayed(request: HttpRequest, answer: Replayed) -> HttpResponse:
    return answer.response


@api.exception_handler(Unusable)
def unusable_key(request: HttpRequest, error: Unusable) -> HttpResponse:
    return problem(error.status, str(error))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, "Some fields are missing or wrong.", errors=error.errors)


@api.exception_handler(AuthenticationError)
def anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(401, "Send a valid key or token.")
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, str(error) or "You may not do this.")


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "There is no such thing.")


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))
