import hashlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carousel.errors import Refused
from imaging.jobs import pipeline
from imaging.models import Job, Line, Photo, Receipt, Step
from imaging.pixels.headers import ACCEPTED
from imaging.uploads import control, intake
from imaging.uploads.intake import Outcome
from imaging.uploads.receipt import Chosen, Sums, open_receipt, sums
from tests.makers import make_batch, make_photo, make_tenant
from tests.upload_makers import make_jpeg, make_lines, send, stored_files

pytestmark = pytest.mark.django_db


def test_a_photo_is_stored_under_its_place_and_its_job_is_waiting():
    batch = make_batch()
    content = make_jpeg(1)

    received = send(batch, content, "IMG 1.jpg", index=7)

    photo = Photo.objects.get()
    sha256 = hashlib.sha256(content).hexdigest()
    assert received.outcome is Outcome.STORED
    assert (photo.index, photo.filename, photo.size) == (7, "IMG 1.jpg", len(content))
    assert (photo.sha256, photo.content_type) == (sha256, "image/jpeg")
    assert photo.original == f"temp/{batch.tenant_id}/{batch.pk}/7_{sha256[:12]}_IMG_1.jpg"
    assert photo.read() == content
    assert Job.objects.get().subject_id == photo.pk
    assert [step.kind for step in Step.objects.all()] == ["inspect"]


def test_the_same_bytes_again_are_already_here_whatever_their_name():
    batch = make_batch()
    first = send(batch, make_jpeg(1))

    again = send(batch, make_jpeg(1), "copy.jpg")

    assert (again.outcome, again.photo) == (Outcome.HERE, first.photo)
    assert Photo.objects.count() == Job.objects.count() == 1


def test_the_same_bytes_in_another_batch_or_shop_are_stored_there_too():
    send(make_batch(), make_jpeg(1))

    received = send(make_batch(), make_jpeg(1))
    other = send(make_batch(make_tenant("other")), make_jpeg(1))

    assert received.outcome is other.outcome is Outcome.STORED
    assert Photo.objects.count() == 3


def test_a_removed_photo_comes_back_when_it_is_sent_again():
    batch = make_batch()
    photo = send(batch, make_jpeg(1)).photo
    Photo.objects.update(deleted_at=photo.created_at)

    received = send(batch, make_jpeg(1))

    photo.refresh_from_db()
    assert received.outcome is Outcome.HERE
    assert photo.deleted_at is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"a shopping list", "This is not a photo: the file starts like text."),
        (b"GIF89a" + bytes(100), f"This is a GIF, which is not accepted: {ACCEPTED}"),
        (b"PK\x03\x04" + bytes(100), f"This is a ZIP archive, which is not accepted: {ACCEPTED}"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence_and_named(content: bytes, reason: str):
    batch = make_batch()

    received = send(batch, content, "notes.jpg")

    photo = Photo.objects.get()
    assert (received.outcome, received.reason) == (Outcome.REFUSED, reason)
    assert (photo.state, photo.reason, photo.filename) == ("rejected", reason, "notes.jpg")
    assert photo.original == ""
    assert Job.objects.count() == 0
    assert stored_files(batch.tenant) == []


def test_a_file_over_the_limit_is_cut_off_and_nothing_is_stored(settings):
    settings.MAX_UPLOAD_BYTES = 2 * intake.BLOCK
    batch = make_batch()
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield b"\xff\xd8\xff" + bytes(intake.BLOCK)

    received = intake.receive(batch.tenant, None, batch, endless(), intake.Arrival("big.jpg"))

    assert received.reason == "The file is larger than 2 MB."
    assert len(asked) == 2
    assert stored_files(batch.tenant) == []


def test_bytes_that_changed_on_the_way_are_refused():
    batch = make_batch()

    received = send(batch, make_jpeg(1), claimed_sha256="0" * 64)

    assert received.reason == "The file changed on its way here. Please send it again."
    assert Job.objects.count() == 0


def test_one_bad_file_is_one_row_however_often_it_is_sent_and_goes_when_a_whole_one_comes():
    batch = make_batch()
    send(batch, b"", "a.jpg", path="card/a.jpg")
    send(batch, b"text", "a.jpg", path="card/a.jpg")
    assert Photo.objects.get().reason.endswith("text.")

    send(batch, make_jpeg(1), "a.jpg", path="card/a.jpg")

    assert [photo.state for photo in Photo.objects.all()] == ["received"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\IMG 1.JPG", "IMG 1.JPG"),
        ("a\0b\r\nc<script>.jpg", "a_b__c_script_.jpg"),
        ("Ljósmynd af stól.jpg", "Ljósmynd af stól.jpg"),
        ("..", "photo"),
        ("-rf.jpg", "-rf.jpg"),
        ("a.php.jpg%00.php", "a.php.jpg_00.php"),
        ("gpj.\u202eexe.jpg", "gpj._exe.jpg"),
        ("x" * 5000 + ".jpeg", "x" * 110 + ".jpeg"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(said: str, kept: str):
    assert intake.safe_name(said) == kept


def test_a_path_never_leads_out_of_its_folder():
    assert intake.path_of(intake.Arrival("x.jpg", "../../card//1/../x.jpg")) == "card/1/x.jpg"


def test_two_doors_at_once_store_a_photo_once(monkeypatch):
    batch = make_batch()
    first = send(batch, make_jpeg(1))
    monkeypatch.setattr(intake, "_twin", lambda *_: None)  # The other door has not committed yet.

    second = send(batch, make_jpeg(1))

    assert (second.outcome, second.photo) == (Outcome.HERE, first.photo)
    assert Photo.objects.count() == 1
    assert len(stored_files(batch.tenant)) == 1


def test_a_receipt_adds_up_from_the_moment_of_selection():
    batch = make_batch()
    a, b, c, _ = make_lines(batch, "a.jpg", "b.jpg", "c.jpg", "d.jpg")

    send(batch, make_jpeg(1), line=a)
    send(batch, make_jpeg(1), line=b)
    send(batch, b"text", line=c)

    assert sums(Line.objects.all()) == Sums(
        selected=4, stored=1, here=1, refused=1, waiting=1, bytes=4000
    )
    assert not sums(Line.objects.all()).is_complete


def test_the_same_folder_chosen_again_goes_on_with_its_receipt():
    batch = make_batch()
    files = [Chosen("a.jpg", 10), Chosen("b.jpg", 10)]
    receipt, _ = open_receipt(batch, None, "card", files)
    line = receipt.lines.select_related("receipt").get(number=0)
    send(batch, make_jpeg(1), line=line)

    again, continues = open_receipt(batch, None, "card", files)

    assert (again, continues) == (receipt, True)
    assert send(batch, make_jpeg(1), line=line).outcome is Outcome.HERE
    assert (again.sums().stored, again.sums().waiting) == (1, 1)


def test_a_finished_receipt_is_not_continued_and_places_go_on_counting():
    batch = make_batch()
    files = [Chosen("a.jpg", 10), Chosen("b.jpg", 10)]
    first, _ = open_receipt(batch, None, "", files)
    first.lines.settle("stored")

    second, continues = open_receipt(batch, None, "", files)

    assert not continues
    assert (first.first_index, second.first_index) == (0, 2)
    assert Receipt.objects.count() == 2


def test_a_selection_of_many_files_costs_as_many_queries_as_a_small_one():
    batch = make_batch()
    with CaptureQueriesContext(connection) as few:
        open_receipt(batch, None, "", [Chosen("a", 1)])
    with CaptureQueriesContext(connection) as many:
        open_receipt(batch, None, "", [Chosen(f"{n}", 1) for n in range(900)])

    assert len(many) == len(few)


def test_stopping_a_batch_ends_what_is_open_and_keeps_what_is_done():
    batch = make_batch()
    done = make_photo(batch, state=Photo.State.READY)
    waiting = [send(batch, make_jpeg(n), f"{n}.jpg").photo for n in range(3)]

    assert control.stop(batch) == 3

    assert {photo.reason for photo in batch.photos.filter(pk__in=[p.pk for p in waiting])} == {
        "Stopped before it was done."
    }
    assert Photo.objects.get(pk=done.pk).state == Photo.State.READY
    assert set(Job.objects.values_list("state", flat=True)) == {"failed"}
    assert set(Step.objects.values_list("state", flat=True)) == {"dead"}
    assert control.stop(batch) == 0


def test_a_failed_photo_is_tried_again_from_where_it_ended():
    photo = send(make_batch(), make_jpeg(1)).photo
    job = Job.objects.get()
    Step.objects.update(state=Step.State.DEAD, attempts=3)
    pipeline.fail(job, "The model did not answer.")

    control.retry(Photo.objects.get(pk=photo.pk))

    step = Step.objects.get()
    photo.refresh_from_db()
    assert (step.state, step.attempts) == ("waiting", 0)
    assert (photo.state, photo.reason) == ("received", "")
    assert Job.objects.get().state == Job.State.PROCESSING


def test_a_photo_without_bytes_cannot_be_tried_again():
    photo = send(make_batch(), b"text").photo

    with pytest.raises(Refused, match=r"IMG_1\.jpg was not stored"):
        control.retry(photo)

    assert Job.objects.count() == 0


def test_all_that_failed_are_tried_again_together():
    batch = make_batch()
    for number in range(3):
        send(batch, make_jpeg(number), f"{number}.jpg")
    control.stop(batch)

    assert control.retry_all(batch) == 3

    assert batch.photos.filter(state=Photo.State.RECEIVED).count() == 3
