"""Serves the pictures of a photo to the members of its tenant, and only to them."""

import io
import logging
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header, parse_etags, quote_etag
from django.views.decorators.http import require_safe
from PIL import Image

from carousel.errors import GiveUp
from carousel.web import Request, member
from imaging.pixels import derive
from imaging.uploads.models import Photo

log = logging.getLogger(__name__)

FOREVER = "private, max-age=31536000, immutable"
ASK = "private, no-cache"
"""The address without a hash may mean other bytes tomorrow."""


@member
@require_safe
def picture(request: Request, pk: UUID, variant: str) -> HttpResponse:
    """`variant`: 160, 320, 1280, cutout, cutout-320 (WebP), cutout.png; original is a download."""
    photo = get_object_or_404(request.tenant.photos.live(), pk=pk)
    name, _, form = variant.partition(".")
    sha256 = _sha256(photo, name)
    etag = quote_etag(f"{sha256[:32]}{form}")
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _cached(HttpResponseNotModified(), request, etag, sha256)
    try:
        content = photo.read(name)
    except GiveUp as gone:
        raise Http404 from gone
    response = HttpResponse(content, content_type=_content_type(photo, name))
    if form == "png":
        response = HttpResponse(_png(content), content_type="image/png")
    if name == "original":
        log.info("The original of photo %s went to user %s", photo.pk, request.user.pk)
        response["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=photo.filename
        )
    return _cached(response, request, etag, sha256)


def _sha256(photo: Photo, name: str) -> str:
    if name == "original":
        if not photo.original:
            raise Http404
        return photo.sha256
    if name not in photo.files:
        raise Http404
    return str(photo.files[name]["sha256"])


def _content_type(photo: Photo, name: str) -> str:
    return photo.content_type if name == "original" and photo.content_type else "image/webp"


def _cached(response: HttpResponse, request: Request, etag: str, sha256: str) -> HttpResponse:
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = FOREVER if request.GET.get("v") == sha256[:12] else ASK
    return response


def _png(webp: bytes) -> bytes:
    with Image.open(io.BytesIO(webp)) as image:
        return derive.as_png(image.convert("RGBA"))
