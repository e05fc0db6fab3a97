import asyncio
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections

from carousel.live import stream as streaming
from carousel.live.broadcaster import Broadcaster
from carousel.live.stream import Frame, follow, message
from imaging.models import Batch
from tests.makers import make_batch, make_user

QUICK = 0.02


class Rows:
    """Versions that a test changes by hand, and how often they were asked for."""

    def __init__(self) -> None:
        self.versions: dict[UUID, int] = {}
        self.asked: list[set[UUID]] = []
        self.down = False

    def __call__(self, keys) -> dict[UUID, int]:
        self.asked.append(set(keys))
        if self.down:
            raise OperationalError
        return {key: self.versions[key] for key in keys if key in self.versions}


def test_a_hundred_listeners_cost_one_question_a_round():
    rows, keys = Rows(), [uuid4(), uuid4()]
    rows.versions = dict.fromkeys(keys, 1)

    async def listen(broadcaster: Broadcaster, key: UUID) -> int | None:
        async with broadcaster.following(key):
            return await broadcaster.newer(key, 1, patience=2)

    async def story():
        broadcaster = Broadcaster(rows, QUICK)
        listeners = [asyncio.create_task(listen(broadcaster, keys[n % 2])) for n in range(100)]
        await asyncio.sleep(QUICK * 5)
        rows.versions = dict.fromkeys(keys, 2)
        return await asyncio.gather(*listeners)

    assert asyncio.run(story()) == [2] * 100
    assert len(rows.asked) < 20
    assert set(keys) in rows.asked


def test_a_page_that_was_away_is_told_at_once_and_one_that_knows_waits():
    rows, key = Rows(), uuid4()
    rows.versions = {key: 17}

    async def story():
        broadcaster = Broadcaster(rows, QUICK)
        async with broadcaster.following(key):
            missed = await broadcaster.newer(key, 12, patience=1)
            nothing = await broadcaster.newer(key, 17, patience=QUICK)
        return missed, nothing

    assert asyncio.run(story()) == (17, None)


def test_when_the_last_page_closes_nothing_is_asked_any_more():
    rows, key = Rows(), uuid4()

    async def story():
        broadcaster = Broadcaster(rows, QUICK)
        async with broadcaster.following(key):
            await asyncio.sleep(QUICK * 3)
        await asyncio.sleep(QUICK)
        before = len(rows.asked)
        await asyncio.sleep(QUICK * 5)
        return before

    assert asyncio.run(story()) == len(rows.asked) > 0


def test_a_database_that_went_away_is_asked_again():
    rows, key = Rows(), uuid4()
    rows.versions, rows.down = {key: 1}, True

    async def story():
        broadcaster = Broadcaster(rows, QUICK)
        async with broadcaster.following(key):
            silent = await broadcaster.newer(key, 0, patience=QUICK * 4)
            rows.down = False
            return silent, await broadcaster.newer(key, 0, patience=2)

    assert asyncio.run(story()) == (None, 1)


def test_a_message_carries_its_version_and_any_number_of_lines():
    assert message("<p>\na</p>", 7) == "id: 7\ndata: <p>\ndata: a</p>\n\n"


async def first(lines, count: int) -> list[str]:
    return [await anext(lines) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_a_stream_resumes_where_the_page_stopped_and_ends_with_done():
    batch = make_batch()
    Batch.objects.touch(batch.pk)
    frames = iter([Frame("half"), Frame("all", is_last=True)])

    async def story():
        lines = follow(batch.pk, 1, lambda: next(frames))
        opened = await first(lines, 2)
        await asyncio.to_thread(touched, batch.pk)
        return opened + [line async for line in lines]

    assert asyncio.run(story()) == [
        "retry: 500\n\n",
        "id: 2\ndata: half\n\n",
        "id: 3\ndata: all\n\n",
        "event: done\ndata: done\n\n",
    ]


def touched(pk: UUID) -> None:
    Batch.objects.touch(pk)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_silence_is_filled_so_that_proxies_keep_the_line_open(monkeypatch):
    monkeypatch.setattr(streaming, "KEEP_ALIVE", 0.05)
    batch = make_batch()

    async def story():
        return await first(follow(batch.pk, 1, lambda: Frame("")), 3)

    assert asyncio.run(story())[1:] == [": keep-alive\n\n"] * 2


@pytest.mark.django_db(transaction=True)
def test_the_address_answers_a_stream_that_nobody_holds_back(client):
    batch = make_batch()
    client.force_login(make_user())

    answer = client.get(f"/live/b/{batch.pk}/?seen=1", headers={"Last-Event-ID": "9"})

    assert answer["Content-Type"] == "text/event-stream"
    assert answer["X-Accel-Buffering"] == "no"
    assert answer["Content-Encoding"] == "identity"
    assert "no-transform" in answer["Cache-Control"]
