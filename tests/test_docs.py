"""What the documents say can be typed, happens or is shown, is so."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from django.core.management import CommandError, load_command_class
from django.core.management import get_commands as known_commands

from carousel import wiring
from carousel.management import leaks
from tests.machine import CODE

PAGES = [*sorted((CODE / "docs").glob("*.md")), CODE / "deploy/README.md", CODE / "README.md"]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+?)?(#[^)]+)?\)")


def commands() -> list[str]:
    """Every `manage.py ...` of a block, and those in a line of text that need no filling in."""
    found: list[str] = []
    for page in PAGES:
        text = page.read_text()
        for block in BLOCK.findall(text):
            found += [part for line in block.splitlines() for part in line.split("&&")]
        found += re.findall(r"`(manage\.py [a-z_]+(?: [^`A-Z<]*)?)`", text)
    return sorted({line.strip() for line in found if "manage.py " in line})


@pytest.mark.parametrize("line", commands())
def test_each_command_is_there_and_takes_these_options(line):
    name, *words = shlex.split(line.split("manage.py ", 1)[1])
    command = load_command_class(known_commands()[name], name)
    command._called_from_command_line = False
    try:
        command.create_parser("manage.py", name).parse_args(
            [word for word in words if word != "--help"]
        )
    except CommandError as error:
        assert "--help" in words, error


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {f"#{re.sub(r'[^a-z0-9_ -]', '', one.lower()).replace(' ', '-')}" for one in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CODE)))
def test_each_link_and_picture_leads_somewhere(page):
    dead = []
    for path, anchor in LINK.findall(page.read_text()):
        if path.startswith("http"):
            continue
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(path + anchor)

    assert dead == []


def test_each_alarm_has_its_entry_in_the_handbook():
    entries = re.findall(r"^### (\S+)$", (CODE / "docs/operations.md").read_text(), re.MULTILINE)

    assert sorted(entries) == sorted(wiring.ALARMS)


def test_each_alarm_has_the_level_that_the_handbook_gives():
    text = (CODE / "docs/operations.md").read_text()
    levels = re.findall(r"^### (\S+)\nP(\d)", text, re.MULTILINE)

    assert {name: int(level) for name, level in levels} == {
        name: alarm.severity for name, alarm in wiring.ALARMS.items()
    }


@cache
def code() -> str:
    """Our own code with the breaks inside of its sentences taken out."""
    names = [name for name in leaks.committed(CODE) if name.endswith(".py")]
    whole = "\n".join((CODE / name).read_text() for name in names if "tests/" not in name)
    return re.sub(r'"\s*\n\s*f?"', "", whole)


def error_texts() -> list[str]:
    table = (CODE / "docs/operations.md").read_text().split("## Troubleshooting")[1]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    return [cell.removeprefix("| ").strip("`").replace("\\`", "`") for cell in cells]


@pytest.mark.parametrize("text", error_texts())
def test_each_error_of_the_handbook_is_said_by_the_program(text):
    assert text in code()


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in (CODE / "docs").glob("*.png")}

    assert "review.png" in sizes
    assert [name for name, size in sizes.items() if size > 400_000] == []


def test_each_setting_is_in_the_readme():
    names = set(
        re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', (CODE / "carousel/settings.py").read_text())
    )

    assert (
        sorted(name for name in names if f"`{name}`" not in (CODE / "README.md").read_text()) == []
    )
