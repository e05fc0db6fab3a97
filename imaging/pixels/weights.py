"""The manifest of segmentation models, and finding or fetching their files once.

Weights are looked for in `CAROUSEL_MODELS`, then `U2NET_HOME`, then rembg's own folder. A file
that is missing is fetched by rembg itself, in a child process with a time limit: importing rembg
costs 190 MB and 2.4 s, which a worker that has its weights need never pay.
"""

import hashlib
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

    `sha256` is that of the published file; `manage.py models` compares it with the file here.
    """

    name: str
    side: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    source: str
    licence: str
    sha256: str
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
            "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        ),
        Weights(
            "u2net",
            320,
            *IMAGENET,
            f"{RELEASES}/u2net.onnx",
            "Apache-2.0",
            "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        ),
        Weights(
            "isnet-general-use",
            1024,
            *CENTRED,
            f"{RELEASES}/isnet-general-use.onnx",
            "Apache-2.0",
            "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
        ),
        Weights(
            "birefnet-general-lite",
            1024,
            *IMAGENET,
            f"{RELEASES}/BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
            "MIT",
            "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
            needs_sigmoid=True,
        ),
    )
}

_failed_at: dict[str, float] = {}


def is_here(name: str) -> bool:
    """Whether this model can cut out now, without fetching anything."""
    return where(name) is not None


def is_as_published(name: str, path: Path) -> bool:
    """A file of the same model that somebody exported anew works too, but is another file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == MANIFEST[name].sha256


def find(name: str) -> Path:
    """The model's file, fetched once; `Unavailable` at once while the last failure is fresh."""
    if name not in MANIFEST:
        raise Unavailable(f"There is no cut-out model called {name}.")
    if (path := where(name)) is not None:
        return path
    if time.monotonic() - _failed_at.get(name, -FORGET_FAILURE_AFTER) < FORGET_FAILURE_AFTER:
        raise Unavailable(f"{name} could not be fetched a moment ago.")
    _fetch(name)
    if (path := where(name)) is not None:
        if is_as_published(name, path):
            return path
        path.unlink()
    _failed_at[name] = time.monotonic()
    raise Unavailable(f"{name} could not be fetched; put {name}.onnx into {_home()}.")


def _home() -> Path:
    configured = os.environ.get("CAROUSEL_MODELS") or os.environ.get("U2NET_HOME")
    return Path(configured) if configured else Path.home() / ".rembg"


def where(name: str) -> Path | None:
    """The model's file on this machine, if there is one."""
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
