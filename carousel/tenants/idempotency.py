"""A POST with an Idempotency-Key is done once: the same key within 24 h gets the same answer."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from carousel.rows import let_go
from carousel.tenants import walls
from carousel.tenants.models import IdempotencyKey, Tenant

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"
SHAPE = re.compile(r"[!-~]{1,255}")
"""Printable ASCII without spaces."""
LIFE = timedelta(hours=24)
LONGEST_WORK = timedelta(minutes=5)
"""A first request that has not been answered by then died; its key may be used again."""
KEPT_HEADERS = ("Content-Type", "Location", "ETag")


class Replayed(Exception):
    """This was answered before; here is the answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


class Unusable(Exception):
    """The key cannot be used like this: (status, sentence)."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def begin(request: HttpRequest, tenant: Tenant) -> None:
    """Claim the key before any work. Replayed or Unusable when it was seen before."""
    key = key_of(request) if request.method == "POST" else None
    if key is None:
        return
    _forget_old(tenant, key)
    body = _digest(request)
    row, made = IdempotencyKey.objects.get_or_create(
        tenant=tenant, key=key, defaults={"request": body}
    )
    if not made:
        _refuse_or_replay(row, body)
    request.idempotency_key = row  # type: ignore[attr-defined]


def key_of(request: HttpRequest) -> str | None:
    """The key that was sent, if any. Unusable when it has a wrong shape."""
    key = request.headers.get(HEADER)
    if key is not None and not SHAPE.fullmatch(key):
        raise Unusable(400, f"An {HEADER} has 1 to 255 letters, digits or signs, and no space.")
    return key


def end(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer, unless it was a mistake that a second try may mend."""
    row: IdempotencyKey | None = getattr(request, "idempotency_key", None)
    if row is None:
        return
    walls.enter(row.tenant_id)
    rows = IdempotencyKey.objects.filter(pk=row.pk)
    with transaction.atomic():
        if response.status_code >= 500 or response.status_code in {422, 429} or response.streaming:
            rows.delete()
        else:
            rows.update(status=response.status_code, body=response.content, headers=_kept(response))


def _forget_old(tenant: Tenant, key: str) -> None:
    past = Q(created_at__lt=now() - LIFE)
    died = Q(created_at__lt=now() - LONGEST_WORK, status=None)
    IdempotencyKey.objects.filter(past | died, tenant=tenant, key=key).delete()


def _refuse_or_replay(row: IdempotencyKey, body: str) -> None:
    if row.request != body:
        raise Unusable(422, f"This {HEADER} was used for another request.")
    if row.status is None:
        raise Unusable(409, "The first request with this key is still being worked on.")
    response = HttpResponse(bytes(row.body), status=row.status)
    for name, value in row.headers.items():
        response[name] = value
    response[REPLAY] = "true"
    raise Replayed(response)


def _digest(request: HttpRequest) -> str:
    """What was asked. A form is told by what is in it: its bytes hold a boundary, which is another
    at every try."""
    kind = request.headers.get("Content-Type", "")
    is_form = kind.startswith("multipart/")
    told = [request.method or "", request.get_full_path(), "multipart" if is_form else kind]
    found = hashlib.sha256("\n".join(told).encode() + b"\n")
    for part in _parts(request) if is_form else [request.body]:
        found.update(part)
    return found.hexdigest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    """The fields of a form and, of each file, its name and its own digest."""
    yield ascii(list(request.POST.lists())).encode()
    for name, files in request.FILES.lists():
        for file in files:
            content = hashlib.sha256()
            for block in file.chunks():
                content.update(block)
            file.seek(0)
            yield ascii((name, file.name, content.hexdigest())).encode()


def _kept(response: HttpResponse) -> dict[str, Any]:
    return {name: response[name] for name in KEPT_HEADERS if name in response}


def forget(limit: int = 500, *, pretend: bool = False) -> int:
    """Keys whose 24 h are over, at most `limit` of them."""
    late = IdempotencyKey.objects.filter(created_at__lt=now() - LIFE)
    return let_go(late, "created_at", limit, pretend=pretend)
