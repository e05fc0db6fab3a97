"""Small real files for upload tests: no two pictures with the same number are different."""

import io
from typing import Any

from django.conf import settings
from PIL import Image

from carousel.models import Tenant
from imaging.models import Batch, Line
from imaging.uploads.intake import Arrival, Received, receive
from imaging.uploads.receipt import Chosen, open_receipt


def make_jpeg(number: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (number * 37 % 256, number * 91 % 256, number % 256)).save(
        buffer, "JPEG", comment=f"photo {number}".encode()
    )
    return buffer.getvalue()


def send(batch: Batch, content: bytes, filename: str = "IMG_1.jpg", **arrival: Any) -> Received:
    """Through the one door, in blocks as small as the network likes them."""
    blocks = (content[at : at + 1000] for at in range(0, len(content), 1000))
    return receive(batch.tenant, None, batch, blocks, Arrival(filename, **arrival))  # type: ignore[arg-type]


def make_lines(batch: Batch, *paths: str, size: int = 1000) -> list[Line]:
    receipt, _ = open_receipt(batch, None, "card", [Chosen(path, size) for path in paths])
    return list(receipt.lines.select_related("receipt").order_by("number"))


def stored_files(tenant: Tenant) -> list[str]:
    """Names of what lies in the tenant's part of the storage."""
    folder = settings.MEDIA_ROOT / "temp" / str(tenant.pk)
    return sorted(file.name for file in folder.rglob("*") if file.is_file())
