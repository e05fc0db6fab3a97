"""Processes of a test that die by SIGKILL at a chosen place. The faults are outside the program."""

import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connections


def in_child(work: Callable[[], object]) -> int:
    """Run this in a forked process with a connection of its own. Its exit, -9 if killed."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def say(figure: str) -> None:
    """Print what was measured, past pytest's capture: it goes to the record."""
    os.write(2, f"\n{figure}\n".encode())


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(place: str, *, after: bool = False) -> Any:
    """Die where the function `place` is called, or as soon as it has returned."""
    module, _, name = place.rpartition(".")
    target = pkgutil.resolve_name(module)
    real = getattr(target, name)

    def then_die(*arguments: object, **named: object) -> None:
        real(*arguments, **named)
        die()

    return mock.patch.object(target, name, then_die if after else die)
