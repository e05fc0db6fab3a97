"""How long each part of a step took, for the timeline that staff see."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Timings:
    """Whole milliseconds by name, in the order in which the parts ran."""

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}

    @contextmanager
    def named(self, part: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.parts[part] = round((time.monotonic() - started) * 1000)

    def result(self) -> dict[str, Any]:
        return {"ms": self.parts}
