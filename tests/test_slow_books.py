"""Two hundred shelf photos at once, read for real: memory stays, and what waits can be counted."""

import io

import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging.bookshelf import shelving
from imaging.jobs import runner
from imaging.models import Shelf, Step
from tests.makers import make_tenant

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200), pytest.mark.django_db]
PHOTOS = 200
GROWTH = 200_000_000
"""Bytes that the process may grow by after its engine is warm."""


def make_shelf_photo(number: int) -> bytes:
    image = Image.new("RGB", (320, 640), "#777777")
    spine = Image.new("RGB", (600, 120), "#203060")
    font = ImageFont.load_default(40)
    ImageDraw.Draw(spine).text((40, 36), f"WINTER HOUSE {number + 100}", font=font, fill="white")
    image.paste(spine.rotate(270, expand=True), (90, 20))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def waiting() -> dict[str, int]:
    kinds = Step.objects.filter(state=Step.State.WAITING).values_list("kind", flat=True)
    return {kind: list(kinds).count(kind) for kind in ("read_text", "candidates", "lookup")}


def test_two_hundred_shelves_at_once_wait_in_line_and_are_all_read():
    tenant = make_tenant()
    for number in range(PHOTOS):
        shelving.receive(tenant, None, [make_shelf_photo(number)], f"{number}.jpg")
    assert waiting() == {"read_text": PHOTOS, "candidates": 0, "lookup": 0}

    process, seen = psutil.Process(), []
    while step := Step.objects.due().filter(kind="read_text").first():
        runner.run(step.pk)
        seen.append(process.memory_info().rss)

    assert waiting() == {"read_text": 0, "candidates": PHOTOS, "lookup": 0}
    assert max(seen) - seen[20] < GROWTH
    runner.drain()
    assert Shelf.objects.filter(state=Shelf.State.READY).count() == PHOTOS
    read = [shelf.final[0]["title"] for shelf in Shelf.objects.all() if shelf.final]
    assert sum(title.startswith("Winter House") for title in read) >= 0.95 * PHOTOS
    print(f"{seen[0] / 1e6:.0f} MB at first, {max(seen) / 1e6:.0f} MB at most")  # noqa: T201
