"""The guarded child: the same answers as without it, and its death is one photo's refusal."""

import os
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest
from PIL import Image

from imaging.pixels.errors import Rejected
from imaging.pixels.guard import Guard, Limits
from imaging.pixels.opening import inspect, open_safely
from tests.dying import say
from tests.machine import SHARED_DATA
from tests.mutants import mutants
from tests.pixel_makers import (
    HEIC,
    chunk,
    corners,
    make_exif,
    make_png,
    make_quarters,
    make_webp_header,
    saved,
    zeros,
)

MB = 1024 * 1024
KILLED = "The photo could not be opened safely: it needs too much memory or computing time."


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


def child_of(guard: Guard) -> psutil.Process:
    """The one child that waits for work."""
    (child,) = guard._idle
    return psutil.Process(child.process.pid)


def seconds_of(child: psutil.Process) -> float:
    """Processor time so far: what a busy machine cannot falsify."""
    used = child.cpu_times()
    return float(used.user + used.system)


def test_a_guarded_photo_is_the_same_photo(guard: Guard):
    data = saved(make_quarters((900, 600)), exif=make_exif(orientation=6, place=True))

    seen, image = guard.inspect(data), guard.open(data, 200)

    assert seen == inspect(data)
    assert image.tobytes() == open_safely(data, 200).tobytes()
    assert image.size == (133, 200)


def test_heic_is_decoded_inside_the_guard(guard: Guard):
    assert corners(guard.open(HEIC)) == ["red", "blue", "red", "blue"]


def test_one_child_serves_photo_after_photo_until_it_is_worn():
    guard = Guard(Limits(photos=3))
    data = saved(make_quarters())

    pids = []
    for _ in range(4):
        guard.open(data)
        pids += [child.process.pid for child in guard._idle]
    guard.close()

    assert len(set(pids)) == 2


def test_a_child_knows_no_secrets_and_may_open_nothing(guard: Guard, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    guard.open(saved(make_quarters()))

    child = child_of(guard)

    assert set(child.environ()) == {"PYTHONPATH", "LC_ALL", "OMP_NUM_THREADS"}
    assert child.rlimit(psutil.RLIMIT_NOFILE) == (3, 3)
    assert child.rlimit(psutil.RLIMIT_AS) == (2048 * MB, 2048 * MB)
    assert child.net_connections() == []


def test_a_photo_too_large_for_the_childs_memory_is_refused_and_the_next_one_is_opened():
    guard = Guard(Limits(memory=400 * MB))
    large = saved(Image.new("RGBA", (6900, 6900)), "PNG", compress_level=1)

    with pytest.raises(Rejected, match="too much memory"):
        guard.open(large)
    neighbour = guard.open(saved(make_quarters()))
    guard.close()

    assert corners(neighbour) == ["red", "green", "blue", "yellow"]


def test_a_photo_that_takes_for_ever_is_refused_and_the_next_one_is_opened():
    guard = Guard(Limits(wall_seconds=1.0))
    guard.open(saved(make_quarters()))
    psutil.Process(guard._idle[0].process.pid).suspend()

    with pytest.raises(Rejected, match="could not be opened safely"):
        guard.open(saved(make_quarters()))
    neighbour = guard.open(saved(make_quarters()))
    guard.close()

    assert neighbour.size == (64, 48)


def test_each_photo_gets_its_own_seconds_of_processor_time(guard: Guard):
    guard.open(saved(make_quarters()))
    child = child_of(guard)
    used = child.cpu_times()

    guard.open(saved(make_quarters()))

    soft, _ = child.rlimit(psutil.RLIMIT_CPU)
    assert 30 <= soft - int(used.user + used.system) <= 31


def test_a_child_killed_while_idle_is_replaced_without_anybody_noticing(guard: Guard):
    guard.open(saved(make_quarters()))
    victim = child_of(guard)
    victim.kill()
    deadline = time.monotonic() + 5
    while victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline

    assert guard.open(saved(make_quarters())).size == (64, 48)


def test_threads_share_the_children_and_each_gets_its_own_photo(guard: Guard):
    sizes = [(64 + 2 * number, 48) for number in range(12)]
    seen: dict[tuple[int, int], tuple[int, int]] = {}

    def one(size: tuple[int, int]) -> None:
        seen[size] = guard.open(saved(make_quarters(size))).size

    threads = [threading.Thread(target=one, args=[size]) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {size: size for size in sizes}
    assert len(guard._idle) <= guard.width


def test_children_end_with_their_guard(guard: Guard):
    guard.open(saved(make_quarters()))
    child = child_of(guard)

    guard.close()

    assert not child.is_running()
    assert child.pid != os.getpid()


def make_bombs() -> dict[str, bytes]:
    rows = zeros(11_000 * (8_000 * 4 + 1))
    more = zeros(13_000 * (13_000 * 3 + 1))
    frames = [Image.new("L", (8, 8), number % 2 * 255) for number in range(10_000)]
    drawn = [Image.new("RGB", (8, 8), (number % 255, number // 255, 0)) for number in range(2000)]
    jpeg = bytearray(saved(Image.new("L", (8, 8))))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 8_000, 11_000)
    return {
        "PNG of 88 megapixels": make_png(8000, 11_000, chunk(b"IDAT", rows), colour_type=6),
        "PNG of 169 megapixels": make_png(13_000, 13_000, chunk(b"IDAT", more)),
        "JPEG of 88 megapixels": bytes(jpeg),
        "PNG of 3,600 megapixels": make_png(60_000, 60_000),
        "PNG one pixel wide": make_png(1, 60_000_000),
        "WebP of 88 megapixels": make_webp_header(11_000, 8_000),
        "200 MB of text": make_png(8, 8, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(200 * MB))),
        "WebP of 2,000 frames": saved(drawn[0], "WEBP", save_all=True, append_images=drawn[1:]),
        "GIF of 10,000 frames": saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
    }


def test_bombs_are_refused_or_harmless_in_half_a_second_and_fifty_megabytes(guard: Guard):
    guard.open(saved(make_quarters()))
    child = child_of(guard)
    base = child.memory_info().rss

    for name, bomb in make_bombs().items():
        start = seconds_of(child)
        try:
            assert guard.open(bomb).size == (8, 8), name
            answer = "its first frame"
        except Rejected as refused:
            answer = refused.sentence
            assert answer.endswith("."), name
        took, grown = seconds_of(child) - start, (child.memory_info().rss - base) / MB
        say(f"B2: {name}, {len(bomb) / 1024:.0f} KB: {answer} {took:.2f} s, {grown:+.0f} MB")
        assert took < 0.5, name
        assert grown < 50, name


def test_the_largest_photo_that_is_accepted_is_looked_into_with_little(guard: Guard):
    """49 megapixels in 139 KB: B2 again, from the other side of the limit."""
    large = make_png(
        7_000, 7_000, chunk(b"IDAT", zeros(7_000 * (7_000 * 3 + 1))), chunk(b"IEND", b"")
    )
    guard.open(saved(make_quarters()))
    child = child_of(guard)

    start = seconds_of(child)
    image = guard.open(large, max_side=1280)

    say(f"B2: 49 megapixels accepted: {seconds_of(child) - start:.1f} s")
    assert image.size == (1280, 1280)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_done_to_a_picture_the_same_child_answers(guard: Guard, seed: int):
    guard.open(saved(make_quarters()))
    child, answers = child_of(guard), Counter[str]()

    for name, data in mutants(seed, 90):
        try:
            guard.inspect(data)
            guard.open(data, 320)
            answers["opened"] += 1
        except Rejected as refused:
            assert refused.sentence != KILLED, name
            assert refused.sentence.endswith("."), name
            answers["refused"] += 1

    assert child.is_running()
    assert answers.total() == 90
    assert min(answers["opened"], answers["refused"]) > 10


@pytest.mark.shared_data
def test_every_hostile_file_is_answered_by_the_same_child():
    guard = Guard(Limits(photos=10_000))
    guard.open(saved(make_quarters()))
    child = child_of(guard)
    base, slowest, largest, refusals = child.memory_info().rss, 0.0, 0.0, 0

    for path in (paths := sorted((SHARED_DATA / "hostile").iterdir())):
        data, start = path.read_bytes(), seconds_of(child)
        try:
            guard.open(data)
        except Rejected as refused:
            assert refused.sentence != KILLED, path.name
            refusals += 1
        slowest = max(slowest, seconds_of(child) - start)
        largest = max(largest, (child.memory_info().rss - base) / MB)

    say(f"B1: {len(paths)} files, {refusals} refused, slowest {slowest:.2f} s, {largest:+.0f} MB")
    assert slowest < 2
    assert largest < 100
    assert child.is_running()
    guard.close()
