"""Server-sent events: a page listens, and is told what to show each time its key has changed.

A view gives the key and a function that makes the frame for a version. The rest is here:
resuming by Last-Event-ID, keep-alive, the end. Whoever was signed out, deactivated or sent away
meanwhile is told nothing more.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.live.broadcaster import Broadcaster, freely
from carousel.tenants import walls
from carousel.web import Request, is_still_here

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""

DONE = "event: done\ndata: done\n\n"
"""The page closes the stream for good."""


@dataclass(frozen=True)
class Frame:
    """What one version looks like: HTML to swap in. `is_last` closes the stream for good."""

    html: str
    is_last: bool = False


_broadcasters: WeakKeyDictionary[asyncio.AbstractEventLoop, Broadcaster] = WeakKeyDictionary()


def broadcaster() -> Broadcaster:
    """The one of this event loop: one per server process."""
    loop = asyncio.get_running_loop()
    if loop not in _broadcasters:
        _broadcasters[loop] = Broadcaster(import_string(wiring.VERSIONS))
    return _broadcasters[loop]


def stream(
    request: Request, key: UUID, frame: Callable[[], Frame], seen: int | None = None
) -> StreamingHttpResponse:
    """Answer with the stream of `key`. `frame` runs in a thread, at most once a second.

    `seen` is the version that the page already shows; a reconnecting browser says it itself.
    """
    tenant = request.tenant.pk

    def framed() -> Frame:
        with walls.inside(tenant):
            return frame()

    lines = follow(key, last_event_id(request, seen or 0), framed, lambda: is_still_here(request))
    response = StreamingHttpResponse(lines, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    response["Content-Encoding"] = "identity"  # Compression would hold messages back.
    return response


def last_event_id(request: HttpRequest, otherwise: int) -> int:
    said = request.headers.get("Last-Event-ID", "")
    return int(said) if said.isdecimal() else otherwise


async def follow(
    key: UUID, seen: int, frame: Callable[[], Frame], welcome: Callable[[], bool] = lambda: True
) -> AsyncIterator[str]:
    """The lines of the stream. `welcome` is asked before anything is told, also before silence."""
    # The view and its middleware ran in this request's thread and left a connection open there.
    await sync_to_async(connections.close_all)()
    news = broadcaster()
    async with news.following(key):
        yield "retry: 500\n\n"
        while True:
            version = await news.newer(key, seen, KEEP_ALIVE)
            if not await freely(welcome):
                yield DONE
                return
            if version is None:
                yield ": keep-alive\n\n"
                continue
            seen = version
            shown = await freely(frame)
            yield message(shown.html, version)
            if shown.is_last:
                yield DONE
                return


def message(html: str, version: int) -> str:
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"id: {version}\n{lines}\n"
