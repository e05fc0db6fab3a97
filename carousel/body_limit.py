"""Stops a request's body at the door, before it fills the disk.

Django writes a whole body to a temporary file before the view sees it. Views refuse a photo over
the limit with a sentence; this refuses what no view should ever be given.
"""

import errno
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

SENTENCE = (
    b'{"type":"about:blank","title":"Too large","status":413,"detail":"The request is too large."}'
)
NO_ROOM = b'{"title":"No room left","status":507,"detail":"There is no room left on the disk."}'


class TooLarge(Exception):
    """More bytes came than the request may have."""


class BodyLimit:
    """Answers 413 to bodies of more than `limit` bytes, announced or not."""

    def __init__(self, application: Application, limit: int) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._application(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._limit:
            return await self._refuse(send)
        try:
            await self._application(scope, self._counting(receive), send)
        except TooLarge:
            await self._refuse(send)
        except OSError as error:  # the body is kept on the disk before a view sees it
            if error.errno != errno.ENOSPC:
                raise
            await self._refuse(send, 507, NO_ROOM)

    def _counting(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            event = await receive()
            if event["type"] == "http.request":
                seen += len(event.get("body", b""))
            if seen > self._limit:
                raise TooLarge
            return event

        return counted

    async def _refuse(self, send: Send, status: int = 413, body: bytes = SENTENCE) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
