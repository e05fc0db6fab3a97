"""The guarded child: reads one photo after another from stdin, answers with pixels on stdout.

Started by `guard.py` only. Before the first photo it gives up memory beyond its limit, the right
to open any file or socket, and to write files; what a hostile photo could still reach is a
process with no secrets, no network and 30 s of CPU.
"""

import contextlib
import dataclasses
import io
import json
import os
import resource
import struct
import sys
from typing import BinaryIO

from PIL import Image

from imaging.pixels import opening
from imaging.pixels.errors import Rejected

REQUEST = struct.Struct(">cIQ")
ANSWER = struct.Struct(">IQ")
INSPECT, OPEN = b"i", b"o"


def main(memory: int, cpu_seconds: int) -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _warm_up()
    _give_up(memory)
    while head := requests.read(REQUEST.size):
        kind, max_side, size = REQUEST.unpack(head)
        _allow_more_cpu(cpu_seconds)
        reply, pixels = _answer(kind, requests.read(size), max_side or None)
        _send(answers, reply, pixels)


def _answer(kind: bytes, data: bytes, max_side: int | None) -> tuple[dict[str, object], bytes]:
    try:
        if kind == INSPECT:
            return _described(opening.inspect(data)), b""
        image = opening.open_safely(data, max_side)
        return {"mode": image.mode, "size": image.size}, image.tobytes()
    except Rejected as refusal:
        return {"rejected": refusal.sentence}, b""
    except MemoryError:
        return {"rejected": "The photo needs too much memory to open."}, b""


def _described(inspection: opening.Inspection) -> dict[str, object]:
    taken_at = inspection.taken_at and inspection.taken_at.isoformat()
    return {**dataclasses.asdict(inspection), "taken_at": taken_at}


def _send(answers: BinaryIO, reply: dict[str, object], pixels: bytes) -> None:
    head = json.dumps(reply).encode()
    answers.write(ANSWER.pack(len(head), len(pixels)) + head)
    answers.write(pixels)
    answers.flush()


def _warm_up() -> None:
    """Decode one of each, so that nothing is left to import once files cannot be opened."""
    for kind in ("JPEG", "PNG", "WEBP"):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, kind)
        opening.inspect(buffer.getvalue())
        opening.open_safely(buffer.getvalue(), max_side=4)
    with contextlib.suppress(Rejected):
        opening.inspect(b"\0\0\0\x18ftypheic")


def _give_up(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _allow_more_cpu(seconds: int) -> None:
    """RLIMIT_CPU counts a life, not a photo: each photo gets its own seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


if __name__ == "__main__":
    os.nice(1)
    main(memory=int(sys.argv[1]), cpu_seconds=int(sys.argv[2]))
