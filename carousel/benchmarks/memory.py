"""What the running program holds in memory: the web server, the workers and the clock."""

from pathlib import Path

import psutil

PROGRAMS = ("web", "worker", "clerk", "beat")
MEGABYTE = 2**20


def megabytes(run: Path) -> dict[str, float]:
    """Of each program with all its processes; pages that several share are divided among them.

    `run` is the folder where the launcher wrote down who runs.
    """
    return {name: _held(run / f"{name}.pid") for name in PROGRAMS}


class Highest:
    """The most that was seen of each program."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self.at_rest = megabytes(run)
        self.most = dict(self.at_rest)

    def look(self) -> None:
        for name, held in megabytes(self._run).items():
            self.most[name] = max(held, self.most[name])

    def facts(self) -> dict[str, float]:
        rest = {f"MB of {name} at rest": held for name, held in self.at_rest.items()}
        return rest | {f"MB of {name} under load": held for name, held in self.most.items()}


def _held(pidfile: Path) -> float:
    process = psutil.Process(int(pidfile.read_text().split()[0]))
    family = [process, *process.children(recursive=True)]
    return sum(map(_share, family)) / MEGABYTE


def _share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # it ended while we looked
        return 0
