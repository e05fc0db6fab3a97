import asyncio
from collections.abc import Mapping
from typing import Any

from carousel.body_limit import BodyLimit


async def reading(scope, receive, send) -> None:
    """An application that reads its body to the end, as Django does."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


def ask(chunks: list[bytes], announced: int | None = None) -> tuple[int, int]:
    """The status of the answer, and how many chunks were taken."""
    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    taken: list[bytes] = []
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        taken.append(chunks[len(taken)])
        more = len(taken) < len(chunks)
        return {"type": "http.request", "body": taken[-1], "more_body": more}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    limited = BodyLimit(reading, 10)
    asyncio.run(limited({"type": "http", "headers": headers}, receive, send))
    return sent[0]["status"], len(taken)


def test_a_body_within_the_limit_passes():
    assert ask([b"12345", b"67890"], announced=10) == (200, 2)


def test_a_body_that_says_it_is_too_large_is_not_read():
    assert ask([b"1"], announced=11) == (413, 0)


def test_a_body_that_does_not_say_is_cut_off_where_it_passes_the_limit():
    assert ask([b"12345", b"67890", b"x", b"never read"]) == (413, 3)
