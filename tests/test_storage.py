"""The storage when all is well, when it is away, and when it is full."""

import errno
from typing import Any

import pytest
from django.core.files.storage import default_storage

from carousel import storage
from carousel.circuit import Circuit
from carousel.disk import Temporary
from carousel.errors import GiveUp
from carousel.models import DeadLetter
from imaging.jobs import runner
from imaging.models import Job, Photo, Step
from tests.makers import make_batch
from tests.test_uploads_api import send_photo
from tests.test_uploads_presigned import make_key
from tests.upload_makers import make_jpeg, send, stored_files


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    monkeypatch.setattr(storage, "circuit", Circuit())


def broken(number: int) -> Any:
    def save(*_: object, **__: object) -> None:
        raise OSError(number, "broken")

    return save


def test_after_five_failures_in_a_row_nothing_is_asked_but_a_probe_in_fifteen_seconds():
    clock = Clock()
    circuit = Circuit(clock=clock)

    for _ in range(5):
        assert circuit.allows()
        circuit.failed()

    assert not circuit.allows()
    clock.now = 15.0
    assert [circuit.allows(), circuit.allows()] == [True, False]
    circuit.succeeded()
    assert circuit.allows()


def test_a_success_between_failures_keeps_the_circuit_closed():
    circuit = Circuit()

    for _ in range(4):
        circuit.failed()
    circuit.succeeded()
    circuit.failed()

    assert circuit.allows()


def test_what_is_not_there_is_given_up_and_is_no_failure_of_the_storage():
    for _ in range(10):
        with pytest.raises(GiveUp, match="gone"):
            storage.read_bytes("temp/nothing")

    assert storage.circuit.allows()
    assert storage.facts("temp/nothing") is None


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, storage.Full), (errno.EIO, storage.Away)]
)
def test_trouble_of_the_storage_means_waiting(monkeypatch, number, kind):
    monkeypatch.setattr(default_storage, "save", broken(number))

    with pytest.raises(kind):
        storage.save_bytes("temp/a", b"x")


def test_the_same_key_again_is_the_newest_content():
    storage.save_bytes("photos/again", b"first")
    storage.save_bytes("photos/again", b"second")

    assert storage.read_bytes("photos/again") == b"second"
    storage.delete("photos/again")
    storage.delete("photos/again")


@pytest.mark.django_db
def test_a_step_waits_for_the_storage_and_no_attempt_is_counted(monkeypatch):
    photo = send(make_batch(), make_jpeg(1, (300, 200))).photo
    with monkeypatch.context() as away:
        away.setattr(default_storage, "open", broken(errno.EIO))
        for _ in range(12):
            Step.objects.update(run_after="2026-01-01T00:00Z")
            runner.run(Step.objects.get().pk)

        step = Step.objects.get()
        assert (step.state, step.attempts, step.waits_for) == ("waiting", 0, "storage")
        assert DeadLetter.objects.count() == 0
        assert Photo.objects.get().state == "received"
    monkeypatch.setattr(storage, "circuit", Circuit())

    Step.objects.update(run_after="2026-01-01T00:00Z")
    runner.run(step.pk)

    step.refresh_from_db()
    photo.refresh_from_db()
    assert (step.state, step.attempts, step.waits_for, step.error) == ("done", 1, "", "")
    assert photo.has("160")


@pytest.mark.django_db
def test_a_full_disk_stores_no_half_photo_and_the_sender_hears_507(monkeypatch, client):
    batch, key = make_batch(), make_key()
    with monkeypatch.context() as full:
        full.setattr(default_storage, "save", broken(errno.ENOSPC))
        answer = send_photo(client, key, batch.pk, make_jpeg(1))

    assert (answer.status_code, answer.json()["title"]) == (507, "No room left")
    assert answer["Retry-After"] == "5"
    assert Photo.objects.count() == Job.objects.count() == 0
    assert stored_files(batch.tenant) == []
    assert send_photo(client, key, batch.pk, make_jpeg(1)).status_code == 201


def test_what_a_form_brings_leaves_nothing_on_a_full_disk(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    coming = Temporary()
    coming.new_file("file", "a.jpg", "image/jpeg", None)
    coming.receive_data_chunk(b"the beginning", 0)
    assert len(list(tmp_path.iterdir())) == 1
    coming.file.file.write = broken(errno.ENOSPC)

    with pytest.raises(OSError, match="broken"):
        coming.receive_data_chunk(b"the rest", 13)

    assert list(tmp_path.iterdir()) == []
