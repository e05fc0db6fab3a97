"""What must never be committed: secrets, the paths of one machine, addresses of package indexes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ANYWHERE = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an AWS key": r"\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b",
    "a token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[\w-]{10,}|sk-[A-Za-z0-9]{32,})\b",
    "a path of one machine": r"(?<![\w.)-])/(?:home|Users|root|work|workspace)/[\w.]+",
    "an address of a package index": (
        r"--(?:extra-)?index[-]url|--find[-]links|--trusted[-]host|pypi[.]org/simple"
        r"|files[.]pythonhosted[.]org"
    ),
}
IN_PAGES = {
    "a file from somebody else's server": r"(?:\bsrc=|\bhref=|url\(|@import )[\"']?(?:https?:)?//",
}
PAGES = {".html", ".css", ".js", ".svg"}


def leaks(name: str, text: str) -> Iterator[str]:
    """A line `file:number: what` for each leak in one file's text."""
    rules = ANYWHERE | (IN_PAGES if Path(name).suffix in PAGES else {})
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in rules.items():
            if re.search(pattern, line):
                yield f"{name}:{number}: {what}"


def committed(folder: Path) -> list[str]:
    """Every file that git knows or would take, by its name inside `folder`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (folder / name).is_file()]


def leaks_in(folder: Path) -> list[str]:
    return [
        leak
        for name in committed(folder)
        for leak in leaks(name, (folder / name).read_text(errors="replace"))
    ]
