"""Keeping a child alive: at once after a long life, with a growing pause when it keeps dying."""

import time
from collections.abc import Callable

from carousel.launcher.children import Child

LONG_LIFE = 30.0
LONGEST_PAUSE = 30.0


class Guard:
    """Looks after one child. Say what happened in a line, once for each death."""

    def __init__(self, child: Child, say: Callable[[str], None]) -> None:
        self.child = child
        self.say = say
        self._started = time.monotonic()
        self._pause = 0.0
        self._due: float | None = None

    def look(self, now: float) -> None:
        ending = self.child.died()
        if ending is None:
            return
        if self._due is None:
            self._due = now + self._next_pause(now)
            when = f"in {self._pause:.0f} s" if self._pause else "now"
            name, log = self.child.program.name, self.child.logfile
            self.say(f"The {name} stopped ({ending}); starting it again {when}. Its log: {log}")
        if now >= self._due:
            self.child.restart()
            self._started, self._due = now, None

    def _next_pause(self, now: float) -> float:
        quick = now - self._started < LONG_LIFE
        self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE) if quick else 0.0
        return self._pause
