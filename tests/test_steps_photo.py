import hashlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from carousel import storage
from carousel.models import DeadLetter
from imaging.jobs import pipeline, runner
from imaging.models import Embedding, Job, Photo, Step
from tests.makers import make_batch, make_photo

pytestmark = pytest.mark.django_db

PHOTO_STEPS = ("inspect", "cutout", "embed")


def test_a_photo_is_looked_into_cut_out_and_described():
    photo = stored_photo(jpeg(mug((900, 600)), orientation=6))

    run(photo)

    photo.refresh_from_db()
    assert (photo.width, photo.height) == (600, 900)
    assert photo.content_type == "image/jpeg"
    assert photo.taken_at and photo.taken_at.isoformat() == "2026-05-04T10:20:30+00:00"
    assert {"160", "320", "1280", "cutout", "cutout-320"} <= photo.files.keys()
    assert opened(photo, "160").size == (106, 160)
    assert opened(photo, "cutout").mode == "RGBA"
    assert photo.cutout_model
    vector = Embedding.objects.get(photo=photo).vector
    assert len(vector) == 1024 and np.linalg.norm(vector) == pytest.approx(1, abs=0.01)


def test_each_step_says_how_long_its_parts_took():
    photo = stored_photo(jpeg(mug((300, 200))))

    run(photo)

    steps = {step.kind: step for step in Step.objects.filter(kind__in=PHOTO_STEPS)}
    assert set(steps["inspect"].result["ms"]) == {"read", "open", "card", "thumbnails"}
    assert set(steps["cutout"].result["ms"]) == {"open", "model", "store"}
    assert all(step.duration_ms is not None for step in steps.values())
    assert steps["embed"].model


def test_a_text_named_jpg_is_rejected_with_a_sentence_and_the_other_photo_is_done():
    batch = make_batch()
    bad = stored_photo(b"this is a shopping list, not a photo", batch=batch)
    good = stored_photo(jpeg(mug((300, 200))), batch=batch)

    run(bad, good)

    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == Photo.State.REJECTED
    assert bad.reason.endswith(".") and "\n" not in bad.reason
    assert bad.files == {}
    assert Job.objects.get(subject_id=bad.pk).state == Job.State.FAILED
    assert DeadLetter.objects.get().subject == bad.pk
    assert good.has("cutout")


def test_a_file_that_changed_after_it_was_received_is_rejected():
    photo = stored_photo(jpeg(mug((300, 200))), sha256="0" * 64)

    run(photo)

    photo.refresh_from_db()
    assert photo.state == Photo.State.REJECTED
    assert "changed" in photo.reason
    assert photo.files == {}


def test_a_step_that_runs_twice_changes_nothing():
    photo = stored_photo(jpeg(mug((300, 200))))
    run(photo)
    before = Photo.objects.values().get(pk=photo.pk)

    Step.objects.filter(kind__in=PHOTO_STEPS).update(state=Step.State.WAITING)
    run_photo_steps()

    assert Photo.objects.values().get(pk=photo.pk) == before
    assert Embedding.objects.count() == 1


def test_no_picture_made_from_a_photo_carries_its_metadata():
    photo = stored_photo(jpeg(mug((300, 200)), orientation=3))

    run(photo)

    photo.refresh_from_db()
    for variant in photo.files:
        assert not opened(photo, variant).getexif()
        assert b"shot at home" not in photo.read(variant)


@pytest.mark.parametrize(
    "tail",
    [b"<html><script>alert(1)</script>", b"PK\x03\x04archive", b"<?php system('id');", b"GIF89a"],
)
def test_what_hangs_behind_a_photo_is_in_nothing_that_is_made_from_it(tail: bytes):
    photo = stored_photo(jpeg(mug((300, 200))) + tail)

    run(photo)

    photo.refresh_from_db()
    assert photo.has("cutout") and photo.has("1280")
    assert [variant for variant in photo.files if tail in photo.read(variant)] == []


def test_a_photo_deleted_meanwhile_ends_its_job():
    photo = stored_photo(jpeg(mug((300, 200))))
    job = pipeline.start(photo.tenant, "photo", photo.pk, photo.batch)
    Photo.objects.update(deleted_at="2026-01-01T00:00Z")

    run_photo_steps()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "The photo was deleted.")


def run(*photos: Photo) -> None:
    for photo in photos:
        pipeline.start(photo.tenant, "photo", photo.pk, photo.batch)
    run_photo_steps()


def run_photo_steps() -> None:
    """Only the three steps this is about: what they make possible waits."""
    for kind in PHOTO_STEPS:
        for step in Step.objects.filter(kind=kind, state=Step.State.WAITING):
            runner.run(step.pk)


def stored_photo(content: bytes, **fields: Any) -> Photo:
    fields.setdefault("sha256", hashlib.sha256(content).hexdigest())
    photo = make_photo(size=len(content), **fields)
    storage.save_bytes(f"tests/{photo.pk}", content)
    Photo.objects.filter(pk=photo.pk).update(original=f"tests/{photo.pk}")
    return photo


def mug(size: tuple[int, int]) -> Image.Image:
    """A red block on a pale table."""
    image = Image.new("RGB", size, (225, 220, 210))
    width, height = size
    image.paste((190, 30, 40), (width // 4, height // 4, width * 3 // 4, height * 3 // 4))
    return image


def jpeg(image: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0x9003] = "2026:05:04 10:20:30"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, exif=exif, comment=b"shot at home")
    return buffer.getvalue()


def opened(photo: Photo, variant: str) -> Image.Image:
    return Image.open(io.BytesIO(photo.read(variant)))
