"""Drills on the really running program: what the handbook promises, carried out.

Each starts servers and processes of its own and takes minutes, so they are not in the ordinary run:
`pytest -m slow tests/test_drills.py`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
import requests
import yaml

from carousel.launcher import postgres, programs
from carousel.launcher.home import Home
from tests import machine, running
from tests.e2e.test_main_story import make_shoot
from tests.running import Running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def home() -> Iterator[Home]:
    fresh = machine.new_home()
    yield fresh
    machine.forget(fresh)


@contextmanager
def started(home: Home, **environment: str) -> Iterator[Running]:
    """The program with a demo shop, and more in its environment."""
    program = running.start(home, "--port", "0", "--workers", "1", "--no-demo", **environment)
    try:
        program.command("shell", "-c", SHOP)
        yield program
    finally:
        program.stop(signal.SIGTERM)


SETTLED = 2.5
"""Seconds from ready to the next replacement: the proxy shuns a server that failed for 1 to 2 s."""
SHOP = "from carousel.tenants.demo import make_demo; make_demo()"


def ingest(program: Running, folder: Path, shots: int = 1) -> str:
    shoot = make_shoot(folder / f"shoot-{time.time_ns()}", shots=shots)
    told = program.command("ingest", str(shoot), "--tenant", "demo", "--json")
    return str(json.loads(told)["batch"])


def finished(program: Running, batch: str) -> bool:
    """Every photo is through and the batch is grouped."""
    query = "SELECT kind, state FROM imaging_job WHERE batch_id = %s"
    jobs = program.rows(query, batch)
    return ("group", "completed") in jobs and all(state == "completed" for _, state in jobs)


def test_a_rolling_restart_under_load_drops_no_request_and_no_step(home: Home, tmp_path: Path):
    """Two web servers behind nginx, each replaced in turn, five times, as a deploy does it."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx")
    with started(home) as program:
        batch = ingest(program, tmp_path, shots=4)
        with behind_nginx(home, tmp_path) as (address, servers):
            answers, stop = load(address)
            for turn in range(6):
                servers[turn % 2].replace()
                if turn == 3:
                    program.kill("worker", signal.SIGTERM)
                time.sleep(SETTLED)
            stop()
        until(lambda: finished(program, batch), 240)

    failed = [answer for answer in answers if answer != 200]
    print(f"{len(answers)} requests, {len(failed)} failed, 6 restarts of a web server")  # noqa: T201
    assert len(answers) > 200
    assert failed == []


class Web:
    """A web server at a port of its own, replaced as an orchestrator does it."""

    def __init__(self, home: Home) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.home = home
        self.start()

    def start(self) -> None:
        environment = {**os.environ, **machine.environment(self.home), "CAROUSEL_WEB": "true"}
        words = ("-m", "uvicorn", "carousel.asgi:application", "--port", str(self.port))
        self.process = subprocess.Popen(
            [sys.executable, *words, "--no-access-log", "--timeout-graceful-shutdown", "20"],
            env=environment, cwd=machine.CODE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(self.is_ready, 60)

    def is_ready(self) -> bool:
        with suppress(requests.RequestException):
            address = f"http://127.0.0.1:{self.port}/health/ready"
            return requests.get(address, timeout=2).status_code == 200
        return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def replace(self) -> None:
        self.stop()
        self.start()


@contextmanager
def behind_nginx(home: Home, folder: Path) -> Iterator[tuple[str, list[Web]]]:
    """Our own proxy's configuration in front of two servers."""
    servers = [Web(home), Web(home)]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = (machine.CODE / "deploy/nginx/carousel.conf").read_text()
    named = "\n".join(
        f"server 127.0.0.1:{one.port} max_fails=1 fail_timeout=1s;" for one in servers
    )
    site = site.replace("server web:8000 max_fails=2 fail_timeout=5s;", named)
    (folder / "site.conf").write_text(site.replace("listen 8080", f"listen 127.0.0.1:{port}"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
        f" http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;"
        f" include {folder}/site.conf; }}"
    )
    folder.chmod(0o755)
    proxy = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), 20)
        yield f"http://127.0.0.1:{port}", servers
    finally:
        proxy.terminate()
        proxy.wait(10)
        for server in servers:
            server.stop()


def load(address: str):
    """Three clients that ask for a page again and again. Their answers, and how to stop them."""
    answers: list[object] = []
    over = Event()

    def ask() -> None:
        with requests.Session() as session:
            while not over.is_set():
                try:
                    answers.append(session.get(f"{address}/sign-in/", timeout=20).status_code)
                except requests.RequestException as error:
                    answers.append(repr(error))
                time.sleep(0.02)

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()

    def stop() -> None:
        over.set()
        for thread in threads:
            thread.join()

    return answers, stop


def test_a_dump_restored_beside_an_empty_redis_finishes_all_open_work(home: Home, tmp_path: Path):
    dump = tmp_path / "carousel.dump"
    with started(home) as program:
        program.kill("worker", signal.SIGSTOP)
        batch = ingest(program, tmp_path)
        postgres_tool("pg_dump", "-Fc", "--no-owner", f"--file={dump}", home.database_url)
        program.kill("worker", signal.SIGCONT)
    other = machine.new_home()
    began = time.monotonic()
    with started(other) as program:
        postgres_tool(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "-d",
            other.database_url,
            str(dump),
        )
        shutil.copytree(home.folder / "media", other.folder / "media", dirs_exist_ok=True)
        program.command("migrate")
        until(lambda: finished(program, batch), 240)
        seconds = time.monotonic() - began
        states = program.rows("SELECT state, count(*) FROM imaging_step GROUP BY 1")
    machine.forget(other)

    print(f"restored, and all open work done after {seconds:.0f} s: {states}")  # noqa: T201
    assert [state for state, _ in states] == ["done"]


def postgres_tool(name: str, *words: str) -> None:
    """Of our own PostgreSQL where it is carried, else of the machine."""
    carried = postgres.binary(name)
    tool = str(carried) if carried.exists() else name
    subprocess.run([tool, *words], check=True, capture_output=True, text=True, timeout=120)


def test_a_secret_key_is_replaced_and_nobody_is_signed_out(home: Home):
    from carousel.tenants.demo import EMAIL, PASSWORD

    old, new = "the-old-one-" * 5, "the-new-one-" * 5
    with requests.Session() as person, requests.Session() as absent:
        with started(home, SECRET_KEY=old) as program:
            sign_in(person, program.url, EMAIL, PASSWORD)
            sign_in(absent, program.url, EMAIL, PASSWORD)
        with started(home, SECRET_KEY=new, SECRET_KEY_FALLBACKS=old) as program:
            during = page(person, program.url)
        with started(home, SECRET_KEY=new) as program:
            after, away = page(person, program.url), page(absent, program.url)

    # Who came by meanwhile has a session under the new key; who did not signs in again.
    assert (during, after, away) == (200, 200, 302)


def sign_in(person: requests.Session, address: str, email: str, password: str) -> None:
    form = person.get(f"{address}/sign-in/", timeout=20).text
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    fields = {"username": email, "password": password, "csrfmiddlewaretoken": token}
    answer = person.post(f"{address}/sign-in/", data=fields, timeout=20, allow_redirects=False)
    assert answer.status_code == 302


def page(person: requests.Session, address: str) -> int:
    return person.get(f"{address}/", timeout=20, allow_redirects=False).status_code


def test_a_batch_is_finished_with_every_way_out_blocked(home: Home, tmp_path: Path):
    """In a network namespace that has only the machine's own loop: there is no way out."""
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = ["unshare", "--net", *mapped, "sh", "-c"]
    probe = subprocess.run([*inside, "ip link set lo up"], capture_output=True)
    if probe.returncode:
        pytest.skip("needs unshare")
    script = f"""
        ip link set lo up
        {sys.executable} {Path(__file__).parent / "drill_without_network.py"} {tmp_path}
    """
    done = subprocess.run(
        [*inside, script],
        env={**os.environ, **machine.environment(home), "PYTHONPATH": str(machine.CODE)},
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip

    assert done.stdout.splitlines()[-1:] == ["outside refused, batch finished"], done.stderr


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """Debian's RabbitMQ as a child of ours, on free ports."""
    server = shutil.which("rabbitmq-server") or "/usr/lib/rabbitmq/bin/rabbitmq-server"
    if not Path(server).exists():
        pytest.skip("needs rabbitmq-server")
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    (folder / "conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{ports[0]}\n")
    environment = {
        **os.environ, "HOME": str(folder), "RABBITMQ_NODENAME": f"drill{ports[0]}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"), "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "conf"), "RABBITMQ_DIST_PORT": str(ports[1]),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "none"),
    }  # fmt: skip
    binary = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    process = subprocess.Popen(
        [binary if Path(binary).exists() else server],
        env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: listens(ports[0]), 120)
        yield f"amqp://guest:guest@127.0.0.1:{ports[0]}//"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_worker_for_each_queue_does_the_work_over_either_broker(
    home: Home, tmp_path: Path, kind: str
):
    with broker(kind, tmp_path) as named, started(home, **named) as program:
        for part in ("worker", "clerk"):
            program.kill(part, signal.SIGSTOP)
        with workers_of_compose(program):
            batch = ingest(program, tmp_path)
            until(lambda: finished(program, batch), 240)
            health = requests.get(f"{program.url}/health", timeout=20).json()
            workers = json.loads(program.command("ops", "status", "--json"))
        for part in ("worker", "clerk"):
            program.kill(part, signal.SIGCONT)

    told = {check["name"]: check for check in health["checks"]}
    assert (told["broker"]["ok"], told["broker"]["detail"]) == (True, kind)
    alone = {one["queues"] for one in workers if " " not in one["queues"]}
    assert alone == {*programs.SLOW, *programs.QUICK}
    assert "nobody" not in {one["worker"] for one in workers}


@contextmanager
def broker(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """What to put into the environment for it; Redis is the program's own."""
    if kind == "redis":
        yield {}
    else:
        with rabbitmq(Path(tempfile.mkdtemp(dir=folder))) as address:
            yield {"CELERY_BROKER_URL": address}


@contextmanager
def workers_of_compose(program: Running) -> Iterator[None]:
    """The commands of deploy/compose.yaml, one worker a queue, as processes here."""
    services = yaml.safe_load((machine.CODE / "deploy/compose.yaml").read_text())["services"]
    commands = [one["command"] for name, one in services.items() if name.startswith("worker-")]
    environment = {**os.environ, **machine.environment(program.home), **program.more}
    started_here = [
        subprocess.Popen(
            [sys.executable, "-m", *command.split()], env=environment, cwd=machine.CODE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]  # fmt: skip
    try:
        yield
    finally:
        for process in started_here:
            process.terminate()
        for process in started_here:
            process.wait(60)


def test_every_alarm_fires_and_resolves_itself_in_the_running_program(home: Home):
    from carousel import wiring

    every = set(wiring.ALARMS)
    with started(home) as program:
        until(lambda: alarms(program, "finished_at IS NOT NULL", "carousel_schedule") >= 1, 90)
        program.kill("worker", signal.SIGSTOP)
        program.command("shell", "-c", "from tests import drill_alarms; drill_alarms.fire()")
        fired: set[str] = set()
        until(lambda: fired.update(firing(program)) or fired == every, 240)
        program.command("shell", "-c", "from tests import drill_alarms; drill_alarms.resolve()")
        program.kill("worker", signal.SIGCONT)
        until(lambda: firing(program) == set(), 400)

    print(f"{len(fired)} alarms fired and resolved: {sorted(fired)}")  # noqa: T201
    assert fired == every


def firing(program: Running) -> set[str]:
    rows = program.rows("SELECT kind FROM carousel_alert WHERE resolved_at IS NULL")
    return {kind for (kind,) in rows}


def alarms(program: Running, condition: str, table: str) -> int:
    return len(program.rows(f"SELECT 1 FROM {table} WHERE {condition}"))
