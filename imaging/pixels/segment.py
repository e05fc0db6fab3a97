"""Which pixels are the item: a mask at the model's own size, from rembg's weights or GrabCut."""

import os
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from imaging.pixels import weights

Mask = npt.NDArray[np.float32]
GRABCUT_SIDE = 384
GRABCUT_ROUNDS = 4
GRABCUT_BORDER = 0.04


def by_model(image: Image.Image, name: str) -> Mask:
    """Foreground 0..1, shape (side, side), of an RGB image squeezed to a square.

    The same arithmetic as rembg's own sessions. Raises `weights.Unavailable` without weights.
    """
    session = _session(name)
    model = weights.MANIFEST[name]
    small = image.resize((model.side, model.side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.float32)
    pixels = (pixels / max(float(pixels.max()), 1e-6) - model.mean) / model.deviation
    batch = pixels.astype(np.float32).transpose(2, 0, 1)[None]
    answer = session.run([session.get_outputs()[0].name], {session.get_inputs()[0].name: batch})
    return _stretched(np.asarray(answer[0], np.float32)[0, 0], model)


def by_grabcut(image: Image.Image) -> Mask:
    """Foreground 0..1 by colour alone: what differs from a thin border all round."""
    scale = min(1.0, GRABCUT_SIDE / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    pixels = cv2.cvtColor(np.asarray(image.resize(size)), cv2.COLOR_RGB2BGR)
    border = [max(1, round(side * GRABCUT_BORDER)) for side in size]
    inside = (border[0], border[1], size[0] - 2 * border[0], size[1] - 2 * border[1])
    labels = np.zeros((size[1], size[0]), np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(pixels, labels, inside, *models, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    except cv2.error:
        return np.ones(labels.shape, np.float32)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    """One per process and model, made at first need: a session made before a fork may hang."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Same speed, 371 instead of 567 MB in a worker that runs u2netp.
    options.enable_mem_pattern = False
    path = str(weights.find(name))
    try:
        return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        raise weights.Unavailable(f"{name}.onnx cannot be loaded: {error}") from error


def _stretched(answer: Mask, model: weights.Weights) -> Mask:
    if model.needs_sigmoid:
        answer = (1 / (1 + np.exp(-answer))).astype(np.float32)
    low, high = float(answer.min()), float(answer.max())
    return (answer - low) / max(high - low, 1e-6)
