"""The JSON API: every app's router under one roof, and one place for its errors (RFC 9457)."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from carousel import openapi, storage, wiring
from carousel.errors import GiveUp, Refused, Retry
from carousel.problems import problem
from carousel.products import conditional
from carousel.products.edits import Conflict
from carousel.products.publishing import Doubted
from carousel.tenants.auth import Bearer, ReadingSession
from carousel.tenants.idempotency import Replayed, Unusable
from carousel.tenants.limits import TooMany

log = logging.getLogger(__name__)


class NotAnObject(ValueError):
    """A body of JSON that is no object."""


class Bodies(Parser):
    """Every body is an object; anything else would be taken for one with nothing in it."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = super().parse_body(request)
        if not isinstance(body, dict):
            raise NotAnObject("The body must be a JSON object.")
        return body


class Door(NinjaAPI):
    """Every operation has an id of its own, `<tag>_<function>` where none is given.

    The same id names its route in the matrix of roles (tenants/access.py).
    """

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return f"{(operation.tags or ['api'])[0]}_{operation.view_func.__name__}"

    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**asked)
        openapi.completed(document)
        return document

    def get_operation_url_name(self, operation: Operation, router: Router) -> str:
        return operation.operation_id or self.get_openapi_operation_id(operation)


api = Door(
    title="Carousel",
    version="1",
    description=openapi.ABOUT,
    urls_namespace="api",
    docs_url="/docs",
    auth=[Bearer(), ReadingSession()],
    parser=Bodies(),
)

for prefix, router in wiring.ROUTERS.items():
    api.add_router(prefix, router)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(409, str(error))


@api.exception_handler(Conflict)
def changed_meanwhile(request: HttpRequest, error: Conflict) -> HttpResponse:
    return http_error(request, conditional.TOO_LATE)


@api.exception_handler(Doubted)
def doubted(request: HttpRequest, error: Doubted) -> HttpResponse:
    return problem(409, str(error), doubts=error.doubts)


@api.exception_handler(GiveUp)
def gave_up(request: HttpRequest, error: GiveUp) -> HttpResponse:
    return problem(422, str(error))


@api.exception_handler(Retry)
def later(request: HttpRequest, error: Retry) -> HttpResponse:
    response = problem(507 if isinstance(error, storage.Full) else 503, str(error))
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


@api.exception_handler(DataError)
@api.exception_handler(UnicodeEncodeError)
def cannot_be_kept(request: HttpRequest, error: Exception) -> HttpResponse:
    """A character or a number that passed the schema and that PostgreSQL cannot keep."""
    return problem(422, "A value is out of range, or has a character that cannot be kept.")


@api.exception_handler(OperationalError)
def database_away(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.error("The database does not answer: %s", error)
    return later(request, Retry("The database does not answer; nothing was changed."))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, errors=error.errors)


@api.exception_handler(AuthenticationError)
def anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(401)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, str(error))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)


@api.exception_handler(RawPostDataException)
def form_for_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    """A form was sent where JSON is wanted, and was read already for its Idempotency-Key."""
    return problem(400, "Send JSON here, not a form.")


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, NotAnObject):  # Ninja calls whatever a parser raises unreadable
        return problem(422, str(error.__cause__))
    return problem(error.status_code, str(error))
