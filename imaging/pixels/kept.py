"""The pixels that this process came to last, kept for the next step of the same photo.

Opening a stranger's file costs a fifth of a cut-out, and reading a cut-out again half as much as
describing it. One picture is kept, at most, and whoever asks for it has it alone: a step that never
comes leaves 12 MB until the next photo is opened.
"""

from PIL import Image

_kept: dict[str, Image.Image] = {}


def keep(name: str, image: Image.Image) -> None:
    """`name` says what it shows: a file's hash, or a key that is named by its content."""
    _kept.clear()
    _kept[name] = image


def take(name: str) -> Image.Image | None:
    """The same picture, once; None when another was kept since, or another process did it."""
    return _kept.pop(name, None)
