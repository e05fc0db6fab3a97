"""The order of things: servers, then whatever must be ready, then our processes; and back again."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from types import FrameType

from carousel.launcher import postgres, programs, redis
from carousel.launcher.children import Child, Program
from carousel.launcher.home import CannotStart, Home
from carousel.launcher.watch import Guard

PATIENCE = 90.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to start. A server that the environment already gives us is not ours to start."""

    host: str = "127.0.0.1"
    port: int = 8000
    worker_children: int = 1
    own_postgres: bool = True
    own_redis: bool = True
    durable: bool = True


class Interrupts:
    """The first signal ends the work by KeyboardInterrupt; later ones only cut waiting short."""

    def __init__(self) -> None:
        self.hurry = Event()
        self.stopping = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            self.hurry.set()
        else:
            self.stopping = True
            raise KeyboardInterrupt

    def listen(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self)


class Launch:
    """One run of the program in one home, from the first start to the last stop."""

    def __init__(
        self, home: Home, plan: Plan, say: Say, interrupts: Interrupts | None = None
    ) -> None:
        self.home = home
        self.plan = plan
        self.say = say
        self.interrupts = interrupts or Interrupts()
        self._servers: list[Child] = []
        self._processes: list[Child] = []

    @contextmanager
    def servers(self) -> Iterator[None]:
        """PostgreSQL and Redis run inside this block, and nothing of ours runs after it."""
        with self.home.held():
            try:
                self.stop_left_overs()
                self._start_servers()
                yield
            finally:
                self.interrupts.stopping = True
                for child in reversed(self._servers):
                    child.stop()

    @contextmanager
    def processes(self) -> Iterator[str]:
        """The web server, the clock and the worker run inside this block. Yields the address."""
        try:
            yield self._start_processes()
        finally:
            self.interrupts.stopping = True
            for child in self._processes:
                child.stop(self.interrupts.hurry)

    def watch(self) -> None:
        """Keep everything running, until a signal ends this."""
        guards = [Guard(child, self.say) for child in (*self._servers, *self._processes)]
        while True:
            for guard in guards:
                guard.look(time.monotonic())
            time.sleep(0.5)

    def stop_left_overs(self) -> None:
        """An earlier launcher that was killed could not stop what it had started."""
        left = [child for child in map(self._child, self._all()) if child.left_over()]
        if left:
            names = ", ".join(child.program.name for child in left)
            self.say(f"Stopping what an earlier run left behind: {names}.")
        for child in left:
            child.stop(self.interrupts.hurry)

    def _all(self) -> tuple[Program, ...]:
        """Every program that may run here, in the order in which they stop."""
        home, plan = self.home, self.plan
        return (
            programs.web(plan.host, plan.port),
            programs.beat(home.run),
            programs.worker(plan.worker_children),
            programs.clerk(),
            redis.program(home),
            postgres.program(home),
        )

    def _start_servers(self) -> None:
        home, durable = self.home, self.plan.durable
        if self.plan.own_postgres:
            for line in postgres.prepare(home, durable=durable):
                self.say(line)
            server = self._begin(postgres.program(home, durable=durable), self._servers)
            _wait(server, lambda: postgres.answers(home))
            postgres.create_database(home)
        if self.plan.own_redis:
            server = self._begin(redis.program(home), self._servers)
            _wait(server, lambda: redis.answers(home))

    def _start_processes(self) -> str:
        host = self.plan.host
        port = programs.free_port(host, self.plan.port)
        if self.plan.port not in (0, port):
            self.say(f"Port {self.plan.port} is taken; using {port}.")
        web = self._begin(programs.web(host, port), self._processes)
        self._begin(programs.beat(self.home.run), self._processes)
        self._begin(programs.worker(self.plan.worker_children), self._processes)
        self._begin(programs.clerk(), self._processes)
        _wait(web, lambda: programs.listens(host, port))
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        self.home.write_address(address)
        return address

    def _begin(self, program: Program, where: list[Child]) -> Child:
        child = self._child(program)
        where.append(child)
        child.start()
        return child

    def _child(self, program: Program) -> Child:
        return Child(program, self.home.run, self.home.log)


def _wait(child: Child, ready: Callable[[], bool]) -> None:
    """Until it answers; a program that ends instead is shown by the end of its log."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        ending = child.died()
        if ending is None and time.monotonic() > deadline:
            ending = f"no answer in {PATIENCE:.0f} s"
        if ending is not None:
            name = child.program.name
            raise CannotStart(f"The {name} did not start ({ending}):\n{child.last_words()}")
        time.sleep(0.05)
