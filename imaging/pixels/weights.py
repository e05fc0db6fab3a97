"""The manifest of segmentation models, and finding or fetching their files once.

Weights are looked for in `CAROUSEL_MODELS`, then `U2NET_HOME`, then rembg's own folder. A file
that is missing is fetched by rembg itself, in a child process with a time limit: importing rembg
costs 190 MB and 2.4 s, which a worker that has its weights need never pay.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 60.0
FORGET_FAILURE_AFTER = 600.0
# A machine with no way out must notice in seconds, before rembg's own 30 s wait begins.
FETCH = """
import sys, requests
requests.head("https://github.com", timeout=4)
from rembg.bg import download_models
download_models((sys.argv[1],))
"""


@dataclass(frozen=True)
class Weights:
    """A model rembg knows: input side in pixels, channel mean and deviation, and its terms.

    `checksum` is the one rembg checks a download against.
    """

    name: str
    side: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    source: str
    licence: str
    checksum: str
    needs_sigmoid: bool = False


class Unavailable(Exception):
    """The weights are not here and cannot be had now."""


IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CENTRED = (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)
RELEASES = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
# bria-rmbg, rembg's own default, is left out on purpose: its licence is non-commercial.
MANIFEST = {
    weights.name: weights
    for weights in (
        Weights(
            "u2netp",
            320,
            *IMAGENET,
            f"{RELEASES}/u2netp.onnx",
            "Apache-2.0",
            "md5:8e83ca70e441ab06c318d82300c84806",
        ),
        Weights(
            "u2net",
            320,
            *IMAGENET,
            f"{RELEASES}/u2net.onnx",
            "Apache-2.0",
            "md5:60024c5c889badc19c04ad937298a77b",
        ),
        Weights(
            "isnet-general-use",
            1024,
            *CENTRED,
            f"{RELEASES}/isnet-general-use.onnx",
            "Apache-2.0",
            "md5:fc16ebd8b0c10d971d3513d564d01e29",
        ),
        Weights(
            "birefnet-general-lite",
            1024,
            *IMAGENET,
            f"{RELEASES}/BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
            "MIT",
            "md5:4fab47adc4ff364be1713e97b7e66334",
            needs_sigmoid=True,
        ),
    )
}

_failed_at: dict[str, float] = {}


def find(name: str) -> Path:
    """The model's file, fetched once; `Unavailable` at once while the last failure is fresh."""
    if name not in MANIFEST:
        raise Unavailable(f"There is no cut-out model called {name}.")
    if (path := _here(name)) is not None:
        return path
    if time.monotonic() - _failed_at.get(name, -FORGET_FAILURE_AFTER) < FORGET_FAILURE_AFTER:
        raise Unavailable(f"{name} could not be fetched a moment ago.")
    _fetch(name)
    if (path := _here(name)) is not None:
        return path
    _failed_at[name] = time.monotonic()
    raise Unavailable(f"{name} could not be fetched; put {name}.onnx into {_home()}.")


def _home() -> Path:
    configured = os.environ.get("CAROUSEL_MODELS") or os.environ.get("U2NET_HOME")
    return Path(configured) if configured else Path.home() / ".rembg"


def _here(name: str) -> Path | None:
    homes = [
        _home(),
        Path(os.environ.get("U2NET_HOME", _home())),
        Path.home() / ".u2net",
    ]
    for home in homes:
        for path in (home / f"{name}.onnx", home / "models" / name / f"{name}.onnx"):
            if path.is_file():
                return path
    return None


def _fetch(name: str) -> None:
    try:
        subprocess.run(
            [sys.executable, "-c", FETCH, name],
            env={**os.environ, "U2NET_HOME": str(_home())},
            timeout=FETCH_SECONDS,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
