"""Pictures for whoever holds a signed link, when no object store serves them."""

from pathlib import PurePosixPath

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carousel import storage
from carousel.errors import GiveUp

TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".png": "image/png"}
HEADERS = {
    "Cache-Control": f"private, max-age={storage.WINDOW}, immutable",
    "Content-Disposition": "attachment",  # shown in a page all the same, never opened as one
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The picture; 403 for a link that is not ours or too old. Only pictures we made are served."""
    try:
        key = storage.key_of(token)
    except GiveUp as error:
        return HttpResponse(str(error), status=403, content_type="text/plain")
    kind = TYPES.get(PurePosixPath(key).suffix)
    if kind is None:
        return HttpResponse("This is not a picture.", status=403, content_type="text/plain")
    return _picture(key, kind)


def _picture(key: str, kind: str) -> HttpResponse:
    try:
        response = HttpResponse(storage.read_bytes(key), content_type=kind)
    except GiveUp as error:
        return HttpResponse(str(error), status=404, content_type="text/plain")
    for name, value in HEADERS.items():
        response[name] = value
    return response
