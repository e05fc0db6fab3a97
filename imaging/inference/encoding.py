"""An image encoder of the shop's own, an ONNX file named by a setting, as a provider of vectors."""

from functools import cache
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings

from carousel import fetching
from carousel.errors import GiveUp, Retry
from imaging.inference.answers import Answer, Embedded, Look
from imaging.inference.chains import Provider
from imaging.pixels.encoders import Encoder, Unusable, located

LARGEST = 2 * 1024**3


def provider(name: str) -> Provider:
    """The encoder called `name`; GiveUp when the settings name another. One that cannot run answers
    Retry, so that the next model of the chain is asked."""
    if settings.ENCODER is None or settings.ENCODER.name != name:
        raise GiveUp(f"There is no encoder {name!r}: set EMBEDDING_ONNX.")

    def embed(question: object) -> Answer:
        try:
            vector = _encoder().describe(cast(Look, question).cutout)
        except Unusable as error:
            raise Retry(str(error)) from error
        return Answer(Embedded(tuple(vector.tolist())))

    return embed


@cache
def _encoder() -> Encoder:
    """Loaded on first use, in the process that uses it: a forked child must not share a session."""
    wanted = settings.ENCODER
    if wanted is None:
        raise Unusable("No encoder is set.")
    folder = settings.MODEL_DIR
    return located(
        wanted.source, wanted.sha256, folder, _fetched, mean=wanted.mean, spread=wanted.deviation
    )


def _fetched(source: str) -> bytes:
    """From the one host that the setting names."""
    host = urlsplit(source).hostname or ""
    return fetching.fetch(source, hosts=[host], most=LARGEST).content
