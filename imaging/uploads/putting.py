"""The address that takes presigned uploads when there is no bucket. It answers as a bucket does."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from carousel.errors import Refused
from carousel.tickets import POLICY
from imaging.uploads import presigned

ENVELOPE = 64 * 1024
"""Bytes of a form around its file, at most."""


@csrf_exempt
@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """204 stored; 403 for other than what was signed; 413 before a byte is read."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > settings.MAX_UPLOAD_BYTES + ENVELOPE:
        return _no(413, "The file is too large.")
    fields = request.POST.dict()
    file = request.FILES.get("file")
    if file is None or not file.size:
        return _no(400, "There is no file in the form: its field is called file.")
    policy = str(fields.pop(POLICY, ""))
    given = {name: str(value) for name, value in fields.items()}
    try:
        presigned.put(policy, given, file, file.size)
    except Refused as no:
        return _no(403, str(no))
    return HttpResponse(status=204)


def _no(status: int, sentence: str) -> HttpResponse:
    return JsonResponse({"status": status, "detail": sentence}, status=status)
