"""What is kept for how long, and what is not: rows and files together, again after a stop."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils.timezone import now

from carousel import storage
from carousel.errors import Refused
from carousel.models import Product, ProductImage
from carousel.ops import retention
from grouping.models import Group, GroupPhoto
from imaging.jobs import pipeline
from imaging.models import Batch, Embedding, Job, Photo, Step
from imaging.uploads import control, orphans, progress
from pricing.models import Sale
from tests.lakes import ship, warehouse
from tests.makers import make_batch, make_embedding, make_photo, make_product
from tests.upload_makers import make_jpeg, send

__all__ = ["warehouse"]  # a fixture
pytestmark = pytest.mark.django_db


def aged(row: Any, **age: float) -> Any:
    """The same row, made so long ago."""
    type(row).objects.filter(pk=row.pk).update(created_at=now() - timedelta(**age))
    row.refresh_from_db()
    return row


def settled_photo(number: int = 1, **age: float) -> Photo:
    photo = send(make_batch(), make_jpeg(number, (80, 60))).photo
    Job.objects.update(state=Job.State.COMPLETED, finished_at=Now())
    return aged(photo, **age)


def shown(photo: Photo, **fields: Any) -> Product:
    product = make_product(**fields)
    ProductImage.objects.create(
        tenant=product.tenant, product=product, photo_id=photo.pk, files=photo.files
    )
    return product


def purge() -> dict[str, int]:
    return {done.name: done.rows for done in retention.purge() if done.rows}


def test_a_temporary_original_is_kept_23_hours_and_gone_after_25():
    kept, gone = settled_photo(1, hours=23), settled_photo(2, hours=25)

    assert purge() == {"temporary originals": 1}

    gone.refresh_from_db()
    assert storage.facts(kept.original) is not None
    assert storage.facts(gone.original) is None
    assert gone.original_gone_at is not None
    assert purge() == {}


def test_an_original_that_is_still_being_worked_on_never_expires():
    photo = aged(send(make_batch(), make_jpeg(1)).photo, days=3)

    assert purge() == {}
    assert storage.facts(photo.original) is not None


def test_an_accepted_original_moves_out_of_temp_before_anything_expires():
    photo = settled_photo(1, hours=25)
    old = photo.original
    shown(photo)

    assert purge() == {"accepted originals": 1}

    photo.refresh_from_db()
    assert photo.original == f"originals/{photo.tenant_id}/{photo.pk}/{old.rsplit('/', 1)[-1]}"
    assert photo.read() == make_jpeg(1, (80, 60))
    assert storage.facts(old) is None


def test_an_expired_original_comes_back_when_it_is_sent_again():
    photo = settled_photo(1, hours=25)
    purge()

    again = send(photo.batch, make_jpeg(1, (80, 60)))

    photo.refresh_from_db()
    assert (again.outcome, again.photo) == ("stored", photo)
    assert photo.original_gone_at is None
    assert photo.read() == make_jpeg(1, (80, 60))
    assert purge() == {}


def test_a_photo_whose_original_expired_says_so_when_it_is_tried_again():
    photo = settled_photo(1, hours=25)
    purge()
    Photo.objects.update(state=Photo.State.FAILED)

    with pytest.raises(Refused, match="has expired"):
        control.retry(Photo.objects.get(pk=photo.pk))


def test_finished_jobs_go_after_a_day_and_what_they_made_stays():
    photo = settled_photo(1)
    Photo.objects.update(state=Photo.State.READY)
    Job.objects.update(finished_at=now() - timedelta(hours=25))
    open_job = pipeline.start(photo.tenant, "listing", photo.pk)

    assert purge() == {"jobs": 1}

    assert list(Job.objects.values_list("pk", flat=True)) == [open_job.pk]
    assert not Step.objects.exclude(job=open_job).exists()
    seen = progress.progress(photo.batch)
    assert (seen.photos, seen.ready, seen.percent, seen.is_running) == (1, 1, 100, False)
    assert [(phase.done, phase.total) for phase in seen.phases] == [(1, 1)] * 4


def test_vectors_of_photos_that_no_product_shows_go_after_thirty_days():
    vector = [1.0] + [0.0] * 1023
    old, listed = make_photo(), make_photo()
    aged(make_embedding(old, vector), days=31)
    kept = [aged(make_embedding(listed, vector), days=31)]
    kept.append(aged(make_embedding(make_photo(), vector), days=29))
    shown(listed)

    assert purge() == {"vectors": 1}
    assert set(Embedding.objects.all()) == set(kept)


def test_an_untouched_batch_goes_after_ninety_days_but_for_what_was_accepted():
    photos = [settled_photo(n, days=91) for n in (1, 2)]
    accepted = settled_photo(3, days=91)
    shown(accepted)
    for photo in (photos[1], accepted):
        state = "accepted" if photo == accepted else "open"
        group = Group.objects.create(
            tenant=photo.tenant, batch=photo.batch, name="A cup", state=state
        )
        GroupPhoto.objects.create(tenant=photo.tenant, group=group, photo=photo)
    photos[1].keep({"160": b"small"})
    key = photos[1].files["160"]["key"]
    Batch.objects.update(updated_at=now() - timedelta(days=91))

    gone = purge()

    assert gone["abandoned photos"] == 2
    assert list(Photo.objects.all()) == [accepted]
    assert list(Batch.objects.all()) == [accepted.batch]
    assert [group.state for group in Group.objects.all()] == ["accepted"]
    assert storage.facts(key) is None


def test_a_batch_that_was_touched_on_day_89_stays_whole():
    settled_photo(1, days=91)
    Batch.objects.update(updated_at=now() - timedelta(days=89))

    assert "abandoned photos" not in purge()
    assert Photo.objects.count() == 1


def test_sales_go_after_two_years_once_the_lake_has_them(warehouse):
    tenant = make_batch().tenant
    for days in (729, 731):
        Sale.objects.create(
            tenant=tenant, sale_id=str(days), price=100, category="Cups",
            sold_at=now() - timedelta(days=days), image_key="sales/shared.webp",
        )  # fmt: skip
    storage.save_bytes("sales/shared.webp", b"picture")

    assert purge() == {}
    ship()
    assert purge() == {"sales": 1}
    assert Sale.objects.get().sale_id == "729"
    assert storage.facts("sales/shared.webp") is not None


def test_a_dry_run_counts_and_removes_nothing():
    photo = settled_photo(1, hours=25)
    said = StringIO()

    call_command("purge", "--dry-run", stdout=said)

    assert "temporary originals: 1 would go" in said.getvalue()
    assert storage.facts(photo.original) is not None


def test_a_run_that_ended_between_file_and_row_is_finished_by_the_next(monkeypatch):
    photo = settled_photo(1, hours=25)
    storage.delete(photo.original)  # what a run killed here has done

    assert purge() == {"temporary originals": 1}
    photo.refresh_from_db()
    assert photo.original_gone_at is not None


def test_files_without_a_row_and_rows_without_a_file_are_found(monkeypatch):
    monkeypatch.setattr(orphans, "YOUNG", timedelta(seconds=-60))
    kept, bare = settled_photo(1), settled_photo(2)
    kept.keep({"160": b"first"})
    replaced = kept.files["160"]["key"]
    kept.keep({"160": b"second"})
    storage.save_bytes("temp/nobody/batch/0_a.jpg", b"lost")
    storage.delete(bare.original)

    pretended = orphans.sweep(pretend=True)
    found = orphans.sweep()

    bare.refresh_from_db()
    assert pretended == found
    assert storage.facts(replaced) is storage.facts("temp/nobody/batch/0_a.jpg") is None
    assert storage.facts(kept.files["160"]["key"]) and storage.facts(kept.original)
    assert (found.photos, bool(bare.original_gone_at)) == (1, True)
    assert orphans.sweep() == orphans.Found(0, 0, 0)


def test_a_young_file_is_left_alone():
    storage.save_bytes("temp/nobody/batch/1_young.jpg", b"its row is coming")

    orphans.sweep()

    assert storage.facts("temp/nobody/batch/1_young.jpg") is not None
    storage.delete("temp/nobody/batch/1_young.jpg")


def test_the_sweep_command_sends_what_was_lost():
    send(make_batch(), make_jpeg(1))
    Step.objects.update(run_after=now() - timedelta(minutes=5))
    said = StringIO()

    call_command("sweep", stdout=said)

    assert said.getvalue() == "1 steps were forgotten, 1 sent again.\n"
