"""The longest road once: two photos go in by the API, and a worker finishes them.

It runs beside the database, where it makes a key for itself and takes it back. The photos are
temporary like all that nobody accepts.
"""

import io
import time
from datetime import UTC, datetime
from typing import Any

import requests
from PIL import Image, ImageDraw

from carousel.errors import GiveUp
from carousel.tenants.models import ApiKey, Membership, Tenant

TIMEOUT, PATIENCE = 30, 120
"""Seconds for one answer, and for the workers."""


def upload(site: str, slug: str) -> str:
    tenant = Tenant.objects.filter(slug=slug, is_active=True).first()
    if tenant is None:
        raise GiveUp(f"there is no shop {slug}")
    key, token = ApiKey.issue(tenant, "smoke test", Membership.Role.REVIEWER)
    try:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            return _worked_on(session, f"{site}/api/v1/batches")
    finally:
        key.revoke()


def _worked_on(session: requests.Session, batches: str) -> str:
    began = time.monotonic()
    name = f"Smoke test {datetime.now(UTC):%d %b %H:%M}"
    batch = _said(session.post(batches, json={"name": name}, timeout=TIMEOUT))["id"]
    for number in range(2):
        files = {"file": (f"smoke-{number}.jpg", _photo(number), "image/jpeg")}
        _said(session.post(f"{batches}/{batch}/photos", files=files, timeout=TIMEOUT))
    while time.monotonic() - began < PATIENCE:
        status = _said(session.get(f"{batches}/{batch}", timeout=TIMEOUT))
        if status["state"] == "completed":
            return f"2 photos in {time.monotonic() - began:.0f} s"
        time.sleep(1)
    raise GiveUp(f"the workers have not finished in {PATIENCE} s: {status['state']}")


def _photo(number: int) -> bytes:
    """Unlike any before: the same photo twice in a shop is only stored once."""
    image = Image.new("RGB", (640, 480), (226, 222, 214))
    colour = (time.time_ns() // 1000 % 200, 60 + 90 * number, 150)
    ImageDraw.Draw(image).ellipse((180, 100, 460, 400), fill=colour)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _said(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise GiveUp(f"{answer.request.method} {answer.url} answered {answer.status_code}")
    said: dict[str, Any] = answer.json()
    return said
