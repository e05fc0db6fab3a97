"""One task per process that asks the database once a second what has changed, for all open pages.

A page follows a key (a batch) by its version, a number that grows with every visible change.
State, not messages: a page that was away asks "newer than 17?" and misses nothing, whichever
process answers, however often the server was started in between.
"""

import asyncio
import contextvars
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connections

Versions = dict[UUID, int]
Read = Callable[[Iterable[UUID]], Versions]
T = TypeVar("T")

PERIOD = 1.0
"""Seconds between two looks at the database."""

log = logging.getLogger(__name__)


class Broadcaster:
    """Belongs to one event loop. `read` answers the versions of the keys it is given."""

    def __init__(self, read: Read, period: float = PERIOD) -> None:
        self._read = read
        self._period = period
        self._listeners: Counter[UUID] = Counter()
        self._versions: Versions = {}
        self._news = asyncio.Condition()
        self._arrival = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.reads = 0

    @asynccontextmanager
    async def following(self, key: UUID) -> AsyncIterator[None]:
        """While this is open the key is asked about. The last one out stops the task."""
        self._listeners[key] += 1
        self._arrival.set()
        if self._task is None or self._task.done():
            # A context of its own: the request that came first must not own the task.
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())
        try:
            yield
        finally:
            self._leave(key)

    async def newer(self, key: UUID, seen: int, patience: float) -> int | None:
        """The version of `key` once it is above `seen`, or None after `patience` seconds."""
        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: self._versions.get(key, 0) > seen)
                return self._versions[key]
        except TimeoutError:
            return None

    def _leave(self, key: UUID) -> None:
        self._listeners[key] -= 1
        if self._listeners[key] <= 0:
            del self._listeners[key]
            self._versions.pop(key, None)
        if not self._listeners and self._task:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            self._arrival.clear()
            await self._look()
            try:
                async with asyncio.timeout(self._period):
                    await self._arrival.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        self.reads += 1
        try:
            found = await freely(self._read, list(self._listeners))
        except (DatabaseError, OSError):
            log.warning("Postgres did not answer the live pages; asking again.", exc_info=True)
            return
        if any(version > self._versions.get(key, 0) for key, version in found.items()):
            async with self._news:
                self._versions |= {k: v for k, v in found.items() if k in self._listeners}
                self._news.notify_all()


async def freely(read: Callable[..., T], *args: Any) -> T:
    """Run `read` in a thread and give its database connection back at once.

    A stream lives for hours; its connection would otherwise be out of the pool for as long.
    """

    def briefly() -> T:
        try:
            return read(*args)
        finally:
            connections.close_all()

    return await sync_to_async(briefly, thread_sensitive=False)()
