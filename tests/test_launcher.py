"""The launcher: what it starts it stops, whatever happens to it in between."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psutil
import psycopg
import pytest
from django.core.management import CommandError

from carousel.launcher import postgres, programs
from carousel.launcher.children import Child, Program
from carousel.launcher.home import CannotStart, Home
from carousel.launcher.launch import Launch, Plan
from carousel.launcher.watch import Guard
from carousel.management.commands import up
from tests import machine, running

QUICK = Plan(durable=False)


@pytest.fixture
def home() -> Iterator[Home]:
    home = machine.new_home()
    yield home
    Launch(home, QUICK, print).stop_left_overs()
    machine.forget(home)


def python(name: str, code: str, *, seconds: float = 5.0) -> Program:
    stop = ((signal.SIGTERM, seconds),)
    return Program(name=name, command=(sys.executable, "-c", code), folder=Path("/"), stop=stop)


def child(home: Home, code: str, *, seconds: float = 5.0) -> Child:
    made = Child(python("part", code, seconds=seconds), home.run, home.log)
    made.start()
    return made


def rows(home: Home) -> list[tuple[str]]:
    with psycopg.connect(home.database_url) as connection:
        return connection.execute("SELECT word FROM kept").fetchall()


def test_what_was_written_is_there_after_a_stop_and_a_start(home: Home):
    with Launch(home, QUICK, print).servers(), psycopg.connect(home.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")

    with Launch(home, QUICK, print).servers():
        assert rows(home) == [("here",)]

    assert running.processes_of(home) == []


def test_a_killed_launcher_leaves_servers_that_the_next_one_stops_and_starts_again(home: Home):
    code = (
        "import sys, time; from pathlib import Path; from carousel.launcher.launch import *\n"
        "with Launch(Home(Path(sys.argv[1])), Plan(durable=False), print).servers():\n"
        "    print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(home.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=machine.CODE) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"up\n"
        with psycopg.connect(home.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
        launcher.kill()
    said: list[str] = []

    with Launch(home, QUICK, said.append).servers():
        assert rows(home) == [("here",)]

    assert said == ["Stopping what an earlier run left behind: redis, postgres."]
    assert running.processes_of(home) == []


def test_servers_that_the_environment_names_are_not_ours_to_start(home: Home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@db.example/shop")
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://queue.example/0")
    plan = up.planned({"host": "127.0.0.1", "port": 8000, "workers": 2})

    with Launch(home, plan, print).servers():
        assert list(home.run.glob("*.pid")) == []

    assert not home.postgres.exists()


def test_limits_are_counted_in_our_own_redis_when_messages_go_by_rabbitmq(monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://queue.example")

    plan = up.planned({"host": "127.0.0.1", "port": 8000, "workers": 2})

    assert plan.own_redis is True


def test_only_the_web_server_is_one_whatever_our_environment_says(monkeypatch):
    monkeypatch.setenv("CAROUSEL_WEB", "true")

    started = (programs.web("127.0.0.1", 8000), programs.worker(1), programs.clerk())

    assert [one.environment["CAROUSEL_WEB"] for one in started] == ["true", "false", "false"]


def test_no_worker_at_all_is_refused():
    with pytest.raises(CommandError, match="--workers must be 1 or more"):
        up.planned({"host": "127.0.0.1", "port": 8000, "workers": 0})


def test_a_home_is_held_by_one_launcher_at_a_time(home: Home):
    with home.held():
        home.write_address("http://127.0.0.1:8000/")

        with pytest.raises(CannotStart, match=r"already running on .* at http://127.0.0.1:8000/\."):
            home.held().__enter__()

    with home.held():
        pass


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path):
    home = Home(tmp_path / ("long" * 25))

    with Launch(home, QUICK, print).servers(), psycopg.connect(home.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert home.sockets.stat().st_mode & 0o777 == 0o711

    assert len(str(home.postgres_sockets)) < 50
    assert not home.sockets.exists()


@pytest.mark.parametrize(
    "megabytes, shares",
    [
        (512, ("128MB", "256MB", "64MB")),
        (4_096, ("512MB", "2048MB", "256MB")),
        (65_536, ("2048MB", "32768MB", "1024MB")),
    ],
)
def test_the_database_takes_its_share_of_a_small_machine_and_no_more_of_a_large_one(
    megabytes, shares
):
    settings = postgres.memory(megabytes)

    names = ("shared_buffers", "effective_cache_size", "maintenance_work_mem")
    assert tuple(settings[name] for name in names) == shares


def test_the_database_runs_with_its_share(home: Home):
    share = postgres.memory(psutil.virtual_memory().total // 2**20)["shared_buffers"]

    with Launch(home, QUICK, print).servers(), psycopg.connect(home.database_url) as connection:
        told = connection.execute("SELECT pg_size_bytes(current_setting('shared_buffers'))")
        wanted = connection.execute("SELECT pg_size_bytes(%s)", [share])
        assert told.fetchone() == wanted.fetchone()


def test_a_port_that_is_taken_gives_way_to_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert programs.free_port("127.0.0.1", port) > port


def test_an_address_of_another_machine_is_refused_with_a_sentence():
    with pytest.raises(CannotStart, match=r"192\.0\.2\.1:8000 cannot be used"):
        programs.free_port("192.0.2.1", 8000)


def test_a_child_that_will_not_stop_is_killed_with_its_own_children(home: Home):
    stubborn = "import os, signal, time; signal.signal(15, lambda *_: 0); os.fork()\n"
    part = child(home, f"{stubborn}print(1, flush=True)\nwhile True: time.sleep(9)", seconds=0.3)
    running.until(lambda: part.last_words() == "1\n1")
    parent = int(part.pidfile.read_text().split()[0])
    grown = [parent, *(one.pid for one in psutil.Process(parent).children())]

    part.stop()

    assert len(grown) == 2
    running.until(lambda: not any(alive(pid) for pid in grown), 5)
    assert not part.pidfile.exists()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


def test_hurry_cuts_the_waiting_short(home: Home):
    stubborn = "import signal, time; signal.signal(15, lambda *_: 0); print(1, flush=True)\n"
    part = child(home, f"{stubborn}while True: time.sleep(9)", seconds=60)
    running.until(lambda: part.last_words() == "1")
    hurry = Event()
    hurry.set()
    began = time.monotonic()

    part.stop(hurry)

    assert time.monotonic() - began < 30  # of the sixty that it may take unhurried


def test_a_pid_that_now_is_another_process_is_left_alone(home: Home):
    part = Child(python("part", "pass"), home.run, home.log)
    part.pidfile.write_text(f"{os.getpid()} 1.0")

    assert part.left_over() is None
    part.stop()

    assert not part.pidfile.exists()


def test_a_child_that_keeps_dying_waits_longer_each_time(home: Home):
    said: list[str] = []
    part = child(home, "raise SystemExit(3)")
    guard = Guard(part, said.append)
    now = time.monotonic()
    for later in (0.5, 0.6, 1.6, 2.0, 4.1):
        running.until(lambda: part.died() is not None)
        guard.look(now + later)

    part.stop()
    assert [line.partition(" Its log")[0] for line in said] == [
        "The part stopped (exit code 3); starting it again in 1 s.",
        "The part stopped (exit code 3); starting it again in 2 s.",
    ]


def test_a_child_killed_after_a_long_life_starts_at_once(home: Home):
    said: list[str] = []
    part = child(home, "import time; time.sleep(60)")
    guard = Guard(part, said.append)
    first = int(part.pidfile.read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    running.until(lambda: part.died() is not None)

    guard.look(time.monotonic() + 31)

    assert said[0].startswith("The part stopped (killed by SIGKILL); starting it again now.")
    assert part.died() is None
    part.stop()


def test_the_whole_program_starts_anywhere_restarts_its_dead_and_leaves_nothing(
    home: Home, tmp_path: Path
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        program = running.start(home, "--no-demo", "--port", port, elsewhere=tmp_path)

    with program:
        with pytest.raises(subprocess.CalledProcessError) as second:
            program.command("up")
        worker = program.pid("worker")
        program.kill("worker")
        running.until(lambda: program.pid("worker") != worker)

    assert f"already running on {home.folder} at http://127.0.0.1:" in second.value.stderr
    assert f"Port {port} is taken; using " in program.said
    assert "The worker stopped (killed by SIGKILL); starting it again" in program.said
    assert "Stopped. Everything is kept" in program.said
    running.until(lambda: running.processes_of(home) == [], 5)


def test_a_command_without_a_database_says_what_to_do(home: Home):
    done = subprocess.run(
        [sys.executable, running.MANAGE, "showmigrations"],
        env={**os.environ, **machine.environment(home)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "`manage.py up` starts everything on this machine" in done.stderr
    assert "Traceback" not in done.stderr
