"""The pixels that this process opened last, kept for the next step of the same photo.

Opening a stranger's file costs a fifth of a cut-out. One picture is kept, at most, and whoever asks
for it has it alone: a step that never comes leaves 12 MB until the next photo is opened.
"""

from PIL import Image

_kept: dict[tuple[str, int], Image.Image] = {}


def keep(sha256: str, max_side: int, image: Image.Image) -> None:
    """What the file with this hash looks like, opened with no side above `max_side`."""
    _kept.clear()
    _kept[sha256, max_side] = image


def take(sha256: str, max_side: int) -> Image.Image | None:
    """The same picture, once; None when another photo was opened since, or another process did."""
    return _kept.pop((sha256, max_side), None)
