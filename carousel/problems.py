"""What went wrong, as JSON (RFC 9457): one shape for every error under /api/, whoever made it.

The API's own handlers answer most of them. This middleware gives their form to what never reaches
a handler: an unknown address, a wrong method, a lock, a body that is too large, a crash.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/"
KINDS: dict[int, tuple[str, str]] = {
    400: ("Bad request", "The request cannot be read."),
    401: ("Not signed in", "Send a valid key or token."),
    403: ("Not allowed", "You may not do this."),
    404: ("Not found", "There is no such thing."),
    405: ("Method not allowed", "This address does not take this method; see Allow."),
    409: ("Refused", "A rule of the shop says no."),
    412: ("Changed meanwhile", "Read it again."),
    413: ("Too large", "The request is too large."),
    422: ("Invalid input", "Some fields are missing or wrong."),
    428: ("Version needed", "Say in If-Match which version you change."),
    429: ("Too many requests", "Try again later."),
    500: ("Our mistake", "It is in our log under the id in X-Request-ID."),
    503: ("Try again later", "A part that is needed does not answer."),
    507: ("No room left", "There is no room left for photos."),
}
"""Status -> its title, and what is said when nothing more is known."""
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")


def problem(status: int, detail: str = "", **more: Any) -> HttpResponse:
    """An answer of type application/problem+json. `detail` is a sentence for a person."""
    title, usual = KINDS.get(status, ("Error", "It did not work."))
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or usual}
    return JsonResponse(body | more, status=status, content_type=MEDIA_TYPE)


class ProblemMiddleware:
    """Outside Django's own error pages, inside the request id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT):
            return self.get_response(request)
        if _is_too_long(request):
            return problem(413)
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.status_code < 400 or kind in {MEDIA_TYPE, "application/json"}:
            return response
        return _told_again(response)


def _told_again(response: HttpResponse) -> HttpResponse:
    told = problem(response.status_code)
    for name in KEPT:
        if name in response:
            told[name] = response[name]
    if response.status_code == 429 and "Retry-After" not in told:
        told["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return told


def _is_too_long(request: HttpRequest) -> bool:
    """JSON is read into memory whole; files are not, and have a limit of their own."""
    length = request.headers.get("Content-Length", "")
    is_json = request.headers.get("Content-Type", "").startswith("application/json")
    return is_json and length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
