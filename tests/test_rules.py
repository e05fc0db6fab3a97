"""Numbers that decide stand in rules and settings, not between the lines of the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks import run_checks

from imaging import rules_check

IMAGING = Path(__file__).parents[1] / "imaging"
MEASURING = {"benchmarks", "migrations", "damage.py"}
"""What measures or spoils on purpose decides nothing."""


def compared(source: str) -> Iterator[tuple[int, float]]:
    """Line and value of every fraction that something is compared with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                value = getattr(side, "value", None)
                if isinstance(side, ast.Constant) and isinstance(value, float) and value % 1:
                    yield node.lineno, value


def test_no_threshold_is_written_where_it_is_used():
    files = [path for path in IMAGING.rglob("*.py") if not MEASURING & set(path.parts)]
    assert len(files) > 100

    found = [
        f"{path}:{line} {value}" for path in files for line, value in compared(path.read_text())
    ]

    assert found == []


def test_a_threshold_between_the_lines_is_found():
    assert list(compared("if share > 0.3 and 1 < count:\n    pass")) == [(1, 0.3)]
    assert list(compared("if share > LIMIT:\n    pass")) == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            '{"fault": {}}',
            "RULES: there is no fault; there are backdrop, colours, defects, faults, looks, votes.",
        ),
        ("{", "RULES is no JSON"),
    ],
)
def test_rules_that_make_no_sense_stop_the_start(monkeypatch, rules, said):
    monkeypatch.setenv("RULES", rules)

    [error] = [each for each in run_checks(tags=["rules"]) if each.id == "imaging.E001"]

    assert said in error.msg


def test_rules_that_make_sense_pass(monkeypatch):
    monkeypatch.setenv("RULES", '{"faults": {"rim": 0.25}}')

    assert rules_check.check_rules() == []
