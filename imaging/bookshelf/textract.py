"""Amazon Textract reads shelves by `CHAIN_READ_TEXT=textract/detect > local/rapidocr-1`."""

import io
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

import boto3
import numpy as np
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from PIL import Image

from carousel.errors import GiveUp, Retry
from imaging.bookshelf import spines
from imaging.bookshelf.asked import Photographed
from imaging.bookshelf.reading import Line, Reading, box_of
from imaging.inference import budget
from imaging.inference.answers import Answer

LARGEST = 9_500_000
"""Bytes of a picture in one request; the service's limit is 10 MB."""
MAX_SIDE = 4000
WRONG = {"InvalidParameterException", "UnsupportedDocumentException", "BadDocumentException"}


def provider(model: str) -> Callable[[object], Answer]:
    return lambda question: _read(cast(Photographed, question).image)


def _read(image: Image.Image) -> Answer:
    budget.wait_for_turn("textract")
    try:
        reply = client().detect_document_text(Document={"Bytes": _jpeg(image)})
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Error")
        raise (GiveUp if code in WRONG else Retry)(f"Textract: {code}") from error
    except BotoCoreError as error:
        raise Retry(f"Textract: {type(error).__name__}") from error
    lines = tuple(line for block in reply.get("Blocks", []) if (line := _line(block, *image.size)))
    columns = spines.columns(lines, np.asarray(image.convert("RGB"))[:, :, ::-1])
    return Answer(Reading(lines, columns, *image.size, "textract"), images=1)


@cache
def client() -> Any:
    config = Config(
        connect_timeout=3, read_timeout=25, retries={"mode": "standard", "total_max_attempts": 1}
    )
    region = settings.BEDROCK_REGION or settings.AWS_REGION
    return boto3.client("textract", region_name=region, config=config)


def _jpeg(image: Image.Image) -> bytes:
    small = image.convert("RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    for quality in (92, 80, 60):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()


def _line(block: Mapping[str, Any], width: int, height: int) -> Line | None:
    """Corners come in the order of reading, so they tell how the text is turned."""
    if block.get("BlockType") != "LINE" or not str(block.get("Text", "")).strip():
        return None
    points = [(p["X"], p["Y"]) for p in block["Geometry"]["Polygon"]]
    if len(points) != 4:
        return None
    box = box_of([[min(max(v, 0.0), 1.0) for v in point] for point in points])
    across, down = (box[1][0] - box[0][0]) * width, (box[1][1] - box[0][1]) * height
    turned = round(math.degrees(math.atan2(down, across)) / 90) % 4 * 90
    return Line(block["Text"].strip(), round(block.get("Confidence", 0) / 100, 3), box, turned)
