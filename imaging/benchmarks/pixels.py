"""How fast a photo becomes a cut-out and a vector, one process and one thread, beside rembg."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from django.conf import settings
from PIL import Image

from carousel.benchmarks import dedup
from carousel.benchmarks.contest import Contest, Turn, timed
from imaging.benchmarks.photos import LARGE, SMALL, made_photo
from imaging.pixels import derive, descriptor, guard, segment, weights
from imaging.pixels.cutout import MAX_SIDE, cut_out
from imaging.pixels.encoders import Encoder

MODEL = "u2netp"


def cutout(*, is_quick: bool) -> Contest:
    """Bytes of a JPEG to the stored cut-out and thumbnails, as the steps do it."""
    _one_thread()
    photo = made_photo(SMALL if is_quick else LARGE)
    peers: dict[str, Turn] = {}
    missing = {}
    if weights.is_here(MODEL):
        peers = {"rembg.remove": timed(_by_rembg(photo)), "bare onnxruntime": timed(_bare(photo))}
    else:
        missing = {"rembg.remove": f"no weights of {MODEL}", "bare onnxruntime": "no weights"}
    return Contest(
        name="cutout",
        work="12 MP JPEG -> stored cut-out and thumbnails, same weights, one thread",
        goal=">= 2 x rembg and <= 1.6 x the bare call",
        ours=timed(lambda: as_stored(photo)),
        peers=peers,
        met=lambda found: (
            found.times_faster("rembg.remove") >= 2
            and found.times_faster("bare onnxruntime") >= 1 / 1.6
        ),
        missing=missing,
    )


def vector(*, is_quick: bool) -> Contest:
    """The cut-out crop of a 12 MP JPEG as a vector of 1,024 numbers."""
    _one_thread()
    photo = Image.open(io.BytesIO(made_photo(SMALL if is_quick else LARGE)))
    # Pixels in memory for all of them, as the step has them.
    cut = np.asarray(cut_out(photo, MODEL).image)
    mobilenet = _mobilenet()
    peers, missing = _of_imagededup(np.ascontiguousarray(cut[..., :3]))
    if mobilenet:
        peers["MobileNet onnx"] = timed(lambda: mobilenet.describe(cut))
    else:
        missing["MobileNet onnx"] = "no mobilenet*.onnx in the folder of models"
    return Contest(
        name="descriptor",
        work="1024-d vector of a 12 MP JPEG's cut-out crop",
        goal="<= MobileNet's time (its F1: manage.py evaluate grouping --encoder)",
        ours=timed(lambda: descriptor.describe(cut)),
        peers=peers,
        met=lambda found: found.times_faster("MobileNet onnx") >= 1,
        missing=missing,
        runs=9,
    )


def as_stored(photo: bytes) -> dict[str, bytes]:
    """What the steps inspect and cutout make of one photo's pixels, one after the other."""
    image = guard.guarded_open(photo, MAX_SIDE)
    pictures = {str(side): picture for side, picture in derive.thumbnails(image).items()}
    return pictures | derive.with_small("cutout", cut_out(image, MODEL).image)


def _one_thread() -> None:
    """Before a session is made: rembg and our own segmentation read the same variable."""
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)


def _by_rembg(photo: bytes) -> Callable[[], Any]:
    import rembg  # heavy, and only a peer here

    session = rembg.new_session(MODEL, providers=["CPUExecutionProvider"])
    return lambda: rembg.remove(photo, session=session)


def _bare(photo: bytes) -> Callable[[], Any]:
    """The model alone, on pixels that are ready: nothing that uses these weights is faster."""
    session: onnxruntime.InferenceSession = segment._session(MODEL)
    side = weights.MANIFEST[MODEL].side
    small = Image.open(io.BytesIO(photo)).convert("RGB").resize((side, side))
    batch = np.asarray(small, np.float32).transpose(2, 0, 1)[None] / 255
    name = session.get_inputs()[0].name
    first = session.get_outputs()[0].name
    return lambda: session.run([first], {name: batch})


def _mobilenet() -> Encoder | None:
    found = sorted(Path(settings.MODEL_DIR).glob("mobilenet*.onnx"))
    return Encoder(found[0]) if found else None


def _of_imagededup(pixels: npt.NDArray[np.uint8]) -> tuple[dict[str, Turn], dict[str, str]]:
    """Its two ways to describe a picture, or why they are missing."""
    encoder, hasher = dedup.encoder(), dedup.hasher()
    if encoder is None or hasher is None:
        return {}, {"imagededup": dedup.MISSING}
    return {
        "imagededup pHash": timed(lambda: hasher.encode_image(image_array=pixels)),
        "imagededup CNN, untrained": timed(lambda: encoder.encode_image(image_array=pixels)),
    }, {}
