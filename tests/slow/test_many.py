"""Thousands of steps under thirty kills, a hundred thousand expired rows, five hundred cut-outs.

Names are those of the test plan.
"""

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.db.models.functions import Now

from carousel import storage
from carousel.launcher.home import Home
from carousel.ops import retention
from imaging.models import Batch, Embedding, Job, Photo
from imaging.pixels import cutout, derive
from imaging.pixels.guard import guarded_open
from imaging.uploads.models import DIMENSIONS
from tests import machine, running
from tests.dying import die, in_child
from tests.dying import say as note
from tests.machine import SHARED_DATA
from tests.makers import make_batch
from tests.slow.stories import SHORT, finish, ingest, kill, say, small_photos, storm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

MANY = """
import json
from carousel import wiring
from imaging.jobs.queue import enqueue
from imaging.models import Batch, Job, Photo, Step
old = Batch.objects.get(pk="{batch}")
batch = Batch.objects.create(tenant=old.tenant, name="A3")
photos = list(Photo.objects.filter(batch=old).values_list("pk", flat=True))
jobs = Job.objects.bulk_create(
    Job(tenant=old.tenant, batch=batch, kind="analysis", state="processing",
        subject_id=photos[number % len(photos)]) for number in range({jobs}))
steps = Step.objects.bulk_create(
    Step(tenant=old.tenant, job=job, kind=kind) for job in jobs
    for kind in ("classify", "attributes"))
for step in steps:
    enqueue(step)
print(json.dumps(str(batch.pk)))
"""
JOBS = 1334


@pytest.fixture
def home() -> Iterator[Home]:
    home = machine.new_home()
    yield home
    machine.forget(home)


def test_a3_four_thousand_small_steps_and_thirty_kills(home: Home, tmp_path: Path):
    with running.start(home, "--port", "0", "--workers", "1", **SHORT) as program:
        ready = ingest(program, small_photos(tmp_path, 20))
        finish(program, ready, 300)
        said = program.command("shell", "-v", "0", "-c", MANY.format(batch=ready, jobs=JOBS))
        batch = json.loads(said.strip().splitlines()[-1])
        storm([partial(kill, program, "clerk")] * 15 + [partial(kill, program, "worker")] * 15,
              60, 1)  # fmt: skip
        took = finish(program, batch, 900)
        [seen] = program.rows(
            "SELECT count(*), count(*) FILTER (WHERE s.state = 'done'), sum(attempts)"
            " FROM imaging_step s JOIN imaging_job j ON j.id = s.job_id WHERE j.batch_id = %s",
            batch,
        )
        [(completed,)] = program.rows(
            "SELECT count(*) FROM imaging_job WHERE batch_id = %s AND state = 'completed'", batch
        )
    steps, done, attempts = (int(number) for number in seen)
    say("A3", f"{done} of {steps} steps done in {attempts} attempts, {took:.0f} s after the kills")
    assert (steps, done, completed) == (3 * JOBS, 3 * JOBS, JOBS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_store")
def test_a24_a_hundred_thousand_expired_rows_and_five_kills():
    """What is to go is gone, rows with their files; what is to stay is all there, by its id."""
    old, live = make_batch(name="old"), make_batch(name="live")
    gone = _filled(old, 20_000, timedelta(days=31), "completed")
    kept = _filled(live, 1_000, timedelta(hours=1), "processing")

    chance = random.Random(1)
    deaths = [in_child(partial(_purge_until, chance.uniform(0.5, 4))) for _ in range(5)]
    done = {one.name: one for one in retention.purge()}

    longest = {name: f"{one.longest * 1000:.0f} ms" for name, one in done.items()}
    rows = {name: one.rows for name, one in done.items()}
    note(f"A24: 5 runs ended with {deaths}, the last removed {rows}")
    note(f"A24: the longest step of each rule took {longest}")
    left = {found.key for found in storage.listed("temp")}
    assert deaths == [-9] * 5
    assert left == {photo.original for photo in kept}
    assert not Photo.objects.filter(batch=old, original_gone_at=None).exists()
    assert set(Photo.objects.filter(batch=live, original_gone_at=None)) == set(kept)
    assert Embedding.objects.filter(photo__batch=old).count() == 0
    assert Embedding.objects.filter(photo__batch=live).count() == len(kept)
    assert Job.objects.filter(batch=old).count() == 0
    assert Job.objects.filter(batch=live).count() == 3 * len(kept)
    assert len(gone) == 20_000


def _filled(batch: Batch, photos: int, age: timedelta, state: str) -> list[Photo]:
    """Photos with a file, a vector and three jobs each: five rows a photo."""
    tenant = batch.tenant
    rows = Photo.objects.bulk_create(
        [
            Photo(
                tenant=tenant, batch=batch, index=number, filename="a.jpg", size=1,
                sha256=f"{number:064x}", original=f"temp/{tenant.pk}/{batch.pk}/{number}.jpg",
            )
            for number in range(photos)
        ],
        batch_size=2000,
    )  # fmt: skip
    Path(storage.default_storage.path(rows[0].original)).parent.mkdir(parents=True)
    for row in rows:
        Path(storage.default_storage.path(row.original)).write_bytes(b"x")
    vector = [1.0] + [0.0] * (DIMENSIONS - 1)
    Embedding.objects.bulk_create(
        (Embedding(tenant=tenant, photo=row, model="carousel-descriptor-1", vector=vector)
         for row in rows), batch_size=1000,
    )  # fmt: skip
    Job.objects.bulk_create(
        (Job(tenant=tenant, batch=batch, kind="photo", subject_id=row.pk, state=state)
         for row in rows for _ in range(3)), batch_size=5000,
    )  # fmt: skip
    Photo.objects.filter(batch=batch).update(created_at=Now() - age)
    Embedding.objects.filter(photo__batch=batch).update(created_at=Now() - age)
    Job.objects.filter(batch=batch).update(finished_at=Now() - age)
    return rows


def _purge_until(seconds: float) -> None:
    """Remove what is to go, and be killed in the middle of it."""
    threading.Timer(seconds, die).start()
    list(retention.purge())
    time.sleep(60)


@pytest.mark.shared_data
def test_a_worker_child_does_not_grow_over_five_hundred_cut_outs():
    """In a process of its own, as a worker's child is one."""
    assert in_child(_cut_out_many) == 0


def _cut_out_many() -> None:
    runs = int(os.environ.get("RUNS", "500"))
    photos = sorted((SHARED_DATA / "photos" / "apparel").rglob("*.jpg"))
    process, held = psutil.Process(), []
    for number in range(runs):
        image = guarded_open(photos[number % len(photos)].read_bytes(), cutout.MAX_SIDE)
        derive.as_webp(cutout.cut_out(image, "u2netp").image, quality=85)
        held.append(process.memory_info().rss / 1e6)
    warm = held[runs // 5 :]
    slope = float(np.polyfit(np.arange(len(warm)), warm, 1)[0]) * 100
    note(
        f"Memory: {runs} cut-outs, {warm[0]:.1f} MB when warm, {warm[-1]:.1f} MB at the end,"
        f" slope {slope:.3f} MB per 100"
    )
    assert slope < 1
