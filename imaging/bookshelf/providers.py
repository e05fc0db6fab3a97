"""The readers that need no account: RapidOCR, and the parser with the shop's own catalogue."""

import os
from collections.abc import Callable
from typing import cast

from carousel.errors import GiveUp
from imaging.bookshelf import candidates, ocr
from imaging.bookshelf.asked import Photographed, Shelved
from imaging.inference.answers import Answer

Provider = Callable[[object], Answer]
READER, PARSER = "rapidocr-1", "parser-1"


def local_reader(version: str) -> Provider:
    _known(version, READER)
    return lambda question: Answer(ocr.read(cast(Photographed, question).image, _threads()))


def local_parser(version: str) -> Provider:
    _known(version, PARSER)
    return _parse


def _parse(question: object) -> Answer:
    shelved = cast(Shelved, question)
    return Answer(candidates.candidates(shelved.reading, shelved.catalogue, shelved.least))


def _known(version: str, ours: str) -> None:
    if version != ours:
        raise GiveUp(f"There is no local version {version!r}; it is {ours}.")


def _threads() -> int:
    """Those of this worker: the launcher shares the cores among them by this variable."""
    return int(os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 1) // 2))
