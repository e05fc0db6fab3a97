"""How fast photos come in through the page's protocol, and how fast they become groups."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from carousel.benchmarks import crowd
from carousel.benchmarks.contest import Contest, Turn, timed
from carousel.benchmarks.memory import Highest
from carousel.models import Membership, Tenant, User
from imaging.benchmarks.photos import LARGE, SMALL, made_photo
from imaging.jobs.models import Batch, Job, Step
from imaging.pixels import weights
from imaging.uploads.batches import new_batch

AT_ONCE = 4
PHOTOS = os.environ.get("BENCHMARK_PHOTOS", "")
"""A folder of real photos; made ones, as large as a camera's, without it."""
TOKEN = "b" * 32
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_max_body_size 60m; client_body_temp_path {folder}/body;
  server {{ listen 127.0.0.1:{port}; root {folder}/stored; dav_methods PUT; }} }}
"""


def upload(*, is_quick: bool) -> Contest:
    """Photos of about 4 MB, four at once, against curl to nginx writing the same bytes to disk."""
    folder = _files(8 if is_quick else 500, SMALL if is_quick else LARGE)
    batch, session = _shop()
    peers: dict[str, Turn] = {}
    missing = {}
    if shutil.which("nginx") and shutil.which("curl"):
        peers["curl to nginx"] = lambda: _by_nginx(folder)
    else:
        missing["curl to nginx"] = "needs nginx and curl (Debian: nginx-light, curl)"
    megabytes = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    return Contest(
        name="upload",
        work=f"{len(list(folder.iterdir()))} photos, {megabytes:.0f} MB, by the page's protocol",
        goal=">= 0.5 x curl to nginx",
        ours=lambda: _sent(new_batch(batch.tenant, None), session, _named(folder)),
        peers=peers,
        met=lambda found: found.times_faster("curl to nginx") >= 0.5,
        missing=missing,
        runs=3,
    )


def pipeline(*, is_quick: bool) -> Contest:
    """From the first byte sent to groups in the database, against rembg alone on the folder."""
    size = SMALL if is_quick else LARGE
    folder = Path(PHOTOS) if PHOTOS else _files(4 if is_quick else 200, size)
    photos = sorted(path for path in folder.iterdir() if path.is_file())[:200]
    batch, session = _shop()
    held = Highest(settings.HOME / "run")
    peers: dict[str, Turn] = {}
    missing = {}
    if weights.is_here(settings.CUTOUT_MODEL):
        peers["rembg over the folder"] = timed(lambda: _by_rembg(photos))
    else:
        missing["rembg over the folder"] = f"no weights of {settings.CUTOUT_MODEL}"
    return Contest(
        name="pipeline",
        work=f"{len(photos)} photos, sent to grouped, 2 workers",
        goal="<= 1.0 x rembg alone",
        ours=lambda: _grouped(batch.tenant, session, photos, held),
        peers=peers,
        met=lambda found: found.times_faster("rembg over the folder") >= 1,
        facts=held.facts,
        missing=missing,
        runs=2,
    )


def _files(number: int, size: tuple[int, int]) -> Path:
    """Photos that differ in one byte after their end, since a twin is not stored twice."""
    folder = Path(tempfile.mkdtemp(prefix="photos-", dir=settings.HOME))
    for n in range(number):
        photo = made_photo(size, n % 8) + n.to_bytes(4)
        (folder / f"IMG_{n:04}.jpg").write_bytes(photo)
    return folder


def _shop() -> tuple[Batch, str]:
    """A shop with a person who is signed in; the id of their session."""
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    user = User.objects.create_user(f"{uuid4()}@example.com")
    Membership.objects.create(tenant=tenant, user=user, role="manager")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    assert isinstance(session, SessionStore)
    return new_batch(tenant, user), str(session.session_key)


def _named(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _sent(batch: Batch, session: str, photos: Sequence[Path]) -> float:
    """Seconds until every photo is stored: a selection, the hashes, then each file."""
    started = time.perf_counter()
    site, headers = os.environ["BENCHMARK_URL"], _headers(session)
    client = Client(headers=headers)
    chosen = [(path.name, path.stat().st_size) for path in photos]
    answer = client.post(
        f"/b/{batch.pk}/select/", {"files": chosen}, content_type="application/json"
    )
    receipt = json.loads(answer.content)["receipt"]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in photos]
    requests = [
        crowd.Request(
            "POST",
            f"/b/{batch.pk}/select/{receipt}/{number}/",
            {**headers, "X-Content-SHA256": hashes[number]},
            path.read_bytes(),
        )
        for number, path in enumerate(photos)
    ]
    crowd.ask(site, requests, AT_ONCE).expect(201)
    return time.perf_counter() - started


def _headers(session: str) -> dict[str, str]:
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    return {"Cookie": cookies, "X-CSRFToken": TOKEN, "Content-Type": "application/octet-stream"}


def _grouped(tenant: Tenant, session: str, photos: Sequence[Path], held: Highest) -> float:
    """Seconds from the first byte to groups of all photos; what is described after that is waited
    for, but not counted."""
    started = time.perf_counter()
    batch = new_batch(tenant, None)
    _sent(batch, session, photos)
    _wait(lambda: _is_grouped(batch), held)
    took = time.perf_counter() - started
    _wait(lambda: not Job.objects.open().filter(batch=batch).exists(), held)
    return took


def _is_grouped(batch: Batch) -> bool:
    compared = Step.objects.filter(job__batch=batch, kind="embed", state=Step.State.DONE)
    groupings = Job.objects.filter(batch=batch, kind="group")
    return (
        compared.count() == Job.objects.filter(batch=batch, kind="photo").count()
        and groupings.filter(state=Job.State.COMPLETED).exists()
        and not groupings.open().exists()
    )


def _wait(done: Callable[[], bool], held: Highest) -> None:
    deadline = time.monotonic() + 30 * 60
    while not done():
        if time.monotonic() > deadline:
            raise ValueError("The batch was not through in half an hour.")
        held.look()
        time.sleep(0.2)


def _by_rembg(photos: Sequence[Path]) -> None:
    """What `rembg p` does: one session, every file, a PNG each."""
    import rembg  # heavy, and only a peer here

    session = rembg.new_session(settings.CUTOUT_MODEL, providers=["CPUExecutionProvider"])
    for path in photos:
        cut = rembg.remove(path.read_bytes(), session=session)
        path.with_suffix(".cut").write_bytes(cut)
        path.with_suffix(".cut").unlink()


def _by_nginx(folder: Path) -> float:
    """Seconds of curl alone; nginx has its own folder and is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="nginx-", dir=settings.HOME))
    (home / "stored").mkdir()
    home.chmod(0o777)
    (home / "stored").chmod(0o777)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (home / "nginx.conf").write_text(NGINX.format(folder=home, port=port))
    server = subprocess.Popen(["nginx", "-c", str(home / "nginx.conf"), "-p", str(home)])
    try:
        time.sleep(1)
        names = ",".join(str(path) for path in _named(folder))
        words = ["curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max"]
        words += [str(AT_ONCE), "-T", "{" + names + "}", f"http://127.0.0.1:{port}/"]
        started = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(home, ignore_errors=True)
