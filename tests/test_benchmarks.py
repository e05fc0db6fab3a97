"""Benchmarks judge by ratios; in their quick form they run, and what they print is a record."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from carousel import wiring
from carousel.benchmarks import memory
from carousel.benchmarks.contest import Contest, held, lines

KEYS = {"name", "runs", "ours", "peers", "ratios", "goal", "met"}


def make_contest(ours: list[float], theirs: list[float], least: float = 2) -> Contest:
    """Turns that answer these figures one after the other; the first of each only warms up."""
    one, two = iter(ours), iter(theirs)
    return Contest(
        name="race",
        work="a mile",
        goal=f">= {least} x theirs",
        ours=lambda: next(one),
        peers={"theirs": lambda: next(two)},
        met=lambda found: found.times_faster("theirs") >= least,
    )


def test_a_ratio_is_taken_within_each_round_and_the_warm_up_does_not_count():
    result = held(make_contest([9, 1, 10, 2], [9, 2, 40, 6]), runs=3)

    assert (result.ours, result.peers) == (2, {"theirs": 6})
    assert result.ratios == {"theirs": (2, 3, 4)}


@pytest.mark.parametrize(("least", "is_met"), [(3, True), (3.1, False)])
def test_the_median_ratio_decides(least, is_met):
    result = held(make_contest([9, 1, 1, 1], [9, 2, 3, 4], least), runs=3)

    assert result.is_met is is_met
    assert ("NOT MET" in lines(result)[-1]) is not is_met


def test_a_peer_that_is_not_here_meets_no_goal():
    contest = make_contest([1, 1], [5, 5])
    alone = Contest(
        name=contest.name, work=contest.work, goal=contest.goal, ours=contest.ours, peers={},
        met=contest.met, missing={"theirs": "not installed"},
    )  # fmt: skip

    result = held(alone, runs=1)

    assert result.is_met is False
    assert "  theirs                       not measured: not installed" in lines(result)


@pytest.mark.parametrize("name", ["cutout", "descriptor", "grouping"])
def test_the_quick_form_runs_without_a_server_and_prints_a_record(
    name: str, capsys: pytest.CaptureFixture[str]
):
    call_command("benchmark", name, "--json", "--quick")

    record = json.loads(capsys.readouterr().out)
    assert record.keys() >= KEYS
    assert (record["name"], record["runs"]) == (name, 1)
    assert record["ours"] > 0
    assert record["peers"].keys() == record["ratios"].keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(name for name, each in wiring.BENCHMARKS.items() if each.needs)
)
def test_the_quick_form_runs_on_servers_of_its_own(name: str, capfd: pytest.CaptureFixture[str]):
    call_command("benchmark", name, "--json", "--quick")

    record = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert record.keys() >= KEYS
    assert (record["name"], record["runs"]) == (name, 1)


def test_the_memory_of_a_program_is_that_of_all_its_processes(tmp_path: Path):
    for name in memory.PROGRAMS:
        (tmp_path / f"{name}.pid").write_text(f"{os.getpid()} 0.0")

    alone = memory.megabytes(tmp_path)["web"]
    with subprocess.Popen([sys.executable, "-c", "x = b'1' * 2**26; input()"], stdin=-1) as child:
        held = memory.Highest(tmp_path)
        while held.most["web"] < alone + 60:
            held.look()
        child.communicate(b"\n")

    assert held.facts().keys() == {
        f"MB of {name} {when}" for name in memory.PROGRAMS for when in ("at rest", "under load")
    }
