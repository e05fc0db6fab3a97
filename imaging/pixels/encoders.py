"""Any ONNX image encoder as a describer of cut-outs, from a file or from an address and a sha256.

The model takes one batch of RGB pictures (N, 3, side, side) or (N, side, side, 3). What it answers
is kept as 1,024 numbers: a shorter vector is filled with zeros, which changes no cosine, a longer
one is projected. Nothing is compared here; `Encoder.name` keeps vectors of different files apart.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from imaging.pixels.item import rgba

DIMENSIONS = 1024
USUAL_SIDE = 224
SOLID = 128
LEAST_ITEM = 0.02

Vector = npt.NDArray[np.float32]


class Unusable(ValueError):
    """The file is missing, is not the one that was meant, or does not encode pictures."""


@dataclass(frozen=True)
class Encoder:
    """`mean` and `deviation` are of pixel values 0..255, one number or one for each channel; the
    default maps them to -1..1."""

    path: Path
    mean: tuple[float, ...] = (127.5,)
    deviation: tuple[float, ...] = (127.5,)

    @cached_property
    def name(self) -> str:
        """The file's stem and the start of its sha256: another file is another model."""
        return f"{self.path.stem}-{checksum(self.path)[:12]}"

    def describe(self, cutout: Image.Image | npt.NDArray[np.uint8]) -> Vector:
        """A cut-out (RGBA) as a vector (1024,) of length 1. Raises ValueError, `Unusable`."""
        given = self._session.get_inputs()[0]
        last = given.shape[-1] == 3
        side = given.shape[1] if last else given.shape[-1]
        side = side if isinstance(side, int) else USUAL_SIDE
        colours = _squared(rgba(cutout), side).astype(np.float32)
        pixels = ((colours - self.mean) / np.asarray(self.deviation)).astype(np.float32)
        batch = (pixels if last else pixels.transpose(2, 0, 1))[None]
        answer = np.asarray(self._session.run(None, {given.name: batch})[0], np.float32).ravel()
        if not len(answer) or not np.isfinite(answer).all():
            raise Unusable(f"{self.path.name} does not answer a vector.")
        answer = sized(answer)
        return np.asarray(answer / max(float(np.linalg.norm(answer)), 1e-12), np.float32)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self.path), options, ["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no narrower base
            raise Unusable(f"{self.path.name} is not a model that can be run here.") from error


def sized(vector: Vector) -> Vector:
    """1,024 numbers with the same cosines; of a longer vector nearly the same, by a projection that
    is always the same one (Johnson and Lindenstrauss)."""
    if len(vector) <= DIMENSIONS:
        return np.asarray(np.pad(vector, (0, DIMENSIONS - len(vector))), np.float32)
    return np.asarray(vector @ _projection(len(vector)), np.float32)


@cache
def _projection(length: int) -> npt.NDArray[np.float32]:
    drawn = np.random.RandomState(length).randn(length, DIMENSIONS)
    return np.asarray(drawn / DIMENSIONS**0.5, np.float32)


def located(
    source: str,
    sha256: str,
    folder: Path,
    fetch: Callable[[str], bytes],
    mean: tuple[float, ...] = (127.5,),
    spread: tuple[float, ...] = (127.5,),
) -> Encoder:
    """The encoder named by a setting: a path, or an address fetched once into `folder`.

    An address needs its sha256 (64 hex digits); a path may have one. Raises `Unusable`.
    """
    if "://" not in source:
        return Encoder(_checked(Path(source), sha256), mean, spread)
    if not sha256:
        raise Unusable("A model that is fetched needs its sha256.")
    path = folder / f"{Path(source).stem}-{sha256[:12].lower()}.onnx"
    if not path.is_file():
        content = fetch(source)
        if hashlib.sha256(content).hexdigest() != sha256.lower():
            raise Unusable(f"What {source} sent is not the file with this sha256.")
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
    return Encoder(_checked(path, sha256), mean, spread)


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(path: Path, sha256: str) -> Path:
    if not path.is_file():
        raise Unusable(f"There is no model at {path}.")
    if sha256 and checksum(path) != sha256.lower():
        raise Unusable(f"{path.name} is not the file with this sha256.")
    return path


def _squared(cutout: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """The item's box (side, side, 3) in the middle of a white square."""
    alpha = cutout[..., 3]
    if (alpha >= SOLID).mean() < LEAST_ITEM:
        alpha = np.full_like(alpha, 255)
    x, y, width, height = cv2.boundingRect((alpha >= SOLID).astype(np.uint8))
    share = alpha[y : y + height, x : x + width, None].astype(np.float32) / 255
    item = cutout[y : y + height, x : x + width, :3] * share + 255 * (1 - share)
    longest = max(width, height)
    square = np.full((longest, longest, 3), 255, np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    square[top : top + height, left : left + width] = item
    how = cv2.INTER_AREA if longest > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (side, side), interpolation=how), np.uint8)
