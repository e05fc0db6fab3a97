import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from carousel.models import ApiKey
from imaging.jobs import pipeline
from imaging.management.commands.ingest import natural
from imaging.models import Batch, Job, Photo
from tests.makers import make_batch, make_tenant
from tests.upload_makers import make_jpeg, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> dict[str, str]:
    _, token = ApiKey.issue(make_tenant(), "till", "reviewer")
    return {"Authorization": f"Bearer {token}"}


def send_photo(client, key, batch, content: bytes, name: str = "a.jpg"):
    file = SimpleUploadedFile(name, content, "image/jpeg")
    return client.post(f"/api/v1/batches/{batch}/photos", {"file": file}, headers=key)


def test_a_program_opens_a_batch_sends_a_photo_and_asks_how_far_it_is(client, key):
    opened = client.post(
        "/api/v1/batches", {"name": "Estate"}, content_type="application/json", headers=key
    )
    batch = opened.json()["id"]

    sent = send_photo(client, key, batch, make_jpeg(1))
    status = client.get(f"/api/v1/batches/{batch}", headers=key).json()

    assert (opened.status_code, sent.status_code) == (201, 201)
    assert sent.json()["outcome"] == "stored"
    assert (status["state"], status["photos"], status["percent"]) == ("processing", 1, 0)
    assert status["phases"][0] == {"name": "Checked", "done": 0, "total": 1}
    photos = client.get(f"/api/v1/batches/{batch}/photos", headers=key).json()
    assert [photo["filename"] for photo in photos] == ["a.jpg"]


def test_the_same_photo_again_is_here_and_a_bad_one_is_refused(client, key):
    batch = make_batch()
    send_photo(client, key, batch.pk, make_jpeg(1))

    again = send_photo(client, key, batch.pk, make_jpeg(1))
    refused = send_photo(client, key, batch.pk, b"text")

    assert (again.status_code, again.json()["outcome"]) == (200, "here")
    assert refused.status_code == 422
    assert refused.json()["reason"] == "This is not a photo: the file starts like text."
    assert Job.objects.count() == 1


def test_a_photo_over_the_limit_is_413_and_named(client, key, settings):
    settings.MAX_UPLOAD_BYTES = 2000
    batch = make_batch()

    answer = send_photo(client, key, batch.pk, make_jpeg(1, (500, 500)))

    assert answer.status_code == 413
    assert Photo.objects.get().state == "rejected"


def test_a_batch_with_failures_is_completed_and_says_which(client, key):
    batch = make_batch()
    send(batch, make_jpeg(1))
    pipeline.fail(Job.objects.get(), "The model did not answer.")

    status = client.get(f"/api/v1/batches/{batch.pk}", headers=key).json()

    assert (status["state"], status["failed"], status["percent"]) == ("completed", 1, 100)
    assert status["troubles"][0]["reason"] == "The model did not answer."


def test_another_shops_batch_is_not_found(client, key):
    batch = make_batch(make_tenant("other"))

    assert client.get(f"/api/v1/batches/{batch.pk}", headers=key).status_code == 404
    assert send_photo(client, key, batch.pk, make_jpeg(1)).status_code == 404
    assert Photo.objects.count() == 0


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 10):
        (tmp_path / f"img{number}.jpg").write_bytes(make_jpeg(number))
    (tmp_path / ".DS_Store").write_bytes(b"junk")
    return tmp_path


def test_a_folder_becomes_a_batch_in_the_cameras_order(folder):
    make_tenant()
    said = StringIO()

    call_command("ingest", str(folder), "--json", stdout=said)

    receipt = json.loads(said.getvalue())
    assert (receipt["selected"], receipt["stored"], receipt["refused"]) == (3, 3, 0)
    assert list(Photo.objects.values_list("index", "filename")) == [
        (0, "img1.jpg"), (1, "img2.jpg"), (2, "img10.jpg"),
    ]  # fmt: skip


def test_a_refused_file_ends_the_command_with_one_and_is_named(folder):
    make_tenant()
    (folder / "notes.jpg").write_text("text")
    said = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("ingest", str(folder), stdout=said)

    assert end.value.code == 1
    assert "notes.jpg: This is not a photo: the file starts like text." in said.getvalue()
    assert Photo.objects.filter(state="received").count() == 3


def test_a_folder_sent_twice_to_one_batch_stores_nothing_new(folder):
    batch = make_batch()
    call_command("ingest", str(folder), batch=str(batch.pk), stdout=StringIO())
    said = StringIO()

    call_command("ingest", str(folder), "--json", batch=str(batch.pk), stdout=said)

    assert json.loads(said.getvalue())["here"] == 3
    assert Photo.objects.count() == 3


def test_ingest_refuses_what_it_cannot_know(folder):
    make_tenant()
    make_tenant("other")

    with pytest.raises(CommandError, match="Name a --tenant"):
        call_command("ingest", str(folder))
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("ingest", str(folder / "nothing"), tenant="acme")
    assert Batch.objects.count() == 0


def test_names_sort_as_cameras_count():
    assert sorted(["b1", "a10", "a2", "2"], key=natural) == ["2", "a2", "a10", "b1"]


def test_another_photo_of_the_same_length_is_another_request(client, key):
    batch, repeated = make_batch(), key | {"Idempotency-Key": "a"}
    photo = make_jpeg(1)
    other = photo[:-1] + b"\x00"

    sent = send_photo(client, repeated, batch.pk, photo)
    late = send_photo(client, repeated, batch.pk, other)
    again = send_photo(client, repeated, batch.pk, photo)

    assert len(photo) == len(other)
    assert (sent.status_code, late.status_code, again.status_code) == (201, 422, 201)
    assert (again["Idempotent-Replay"], again.content) == ("true", sent.content)
    assert Photo.objects.count() == 1
