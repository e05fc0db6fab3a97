"""Jobs over the JSON API, and photos that come by their address."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from carousel import fetching
from carousel.errors import GiveUp, Retry
from imaging.jobs import runner
from imaging.models import Job, Line, Photo, Step
from tests.makers import make_batch, make_tenant
from tests.test_uploads_presigned import make_key
from tests.upload_makers import make_jpeg, send

pytestmark = pytest.mark.django_db

URL = "https://img.shop.example/cup.jpg"


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.ALLOWED_IMAGE_HOSTS = ["img.shop.example"]


@pytest.fixture
def key() -> dict[str, str]:
    return make_key()


def post(client, key, path: str, **body):
    return client.post(f"/api/v1{path}", body, content_type="application/json", headers=key)


def run_next(kind: str) -> None:
    Step.objects.update(run_after="2026-01-01T00:00Z")
    runner.run(Step.objects.get(kind=kind).pk)


def serve(monkeypatch, answer) -> None:
    """What the one fetcher would bring from the network."""

    def fetch(url: str) -> fetching.Fetched:
        fetching.check(url)
        if isinstance(answer, Exception):
            raise answer
        return fetching.Fetched(answer, "image/jpeg", "cup.jpg")

    monkeypatch.setattr(fetching, "fetch", fetch)


def test_a_picture_is_processed_by_its_address(client, key, monkeypatch):
    serve(monkeypatch, make_jpeg(1, (300, 200)))

    started = post(client, key, "/bg-remover/process", url=URL)
    run_next("fetch")
    run_next("inspect")

    status = client.get(f"/api/v1/bg-remover/status/{started.json()['job']}", headers=key).json()
    photo = Photo.objects.get()
    assert started.status_code == 202
    assert (status["photo"], status["kind"], status["state"]) == (
        str(photo.pk), "photo", "processing",
    )  # fmt: skip
    assert (status["processed"], status["total"], status["failed"]) == (1, 6, 0)
    assert photo.filename == "cup.jpg"
    assert client.get(status["result"]["320"]).headers["Content-Type"] == "image/webp"
    assert Line.objects.get().outcome == "stored"


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/a.jpg", "http://img.shop.example/a.jpg", "https://evil.example/"],
)
def test_an_address_that_may_not_be_opened_is_refused_at_once(client, key, url, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("looked up"))

    answer = post(client, key, "/bg-remover/process", url=url)

    assert answer.status_code == 409
    assert Job.objects.count() == Line.objects.count() == 0


def test_many_addresses_and_each_settles_alone(client, key, monkeypatch):
    serve(monkeypatch, GiveUp("The picture's server answered 404."))
    urls = [URL, "https://evil.example/a.jpg"]

    started = post(client, key, "/jobs", urls=urls).json()
    run_next("fetch")

    status = client.get(f"/api/v1/jobs/{started['jobs'][0]}", headers=key).json()
    assert started["refused"] == {urls[1]: "Pictures may not be fetched from evil.example."}
    assert (status["state"], status["error"]) == ("failed", "The picture's server answered 404.")
    assert Line.objects.get().reason == "The picture's server answered 404."


def test_a_server_that_is_busy_is_asked_three_times(client, key, monkeypatch):
    serve(monkeypatch, Retry("The picture's server answered 503."))
    post(client, key, "/jobs", urls=[URL])

    for _ in range(3):
        run_next("fetch")

    assert (Step.objects.get().attempts, Job.objects.get().state) == (3, "failed")
    assert Line.objects.get().outcome == "refused"


def test_photos_are_worked_on_again_one_job_each(client, key):
    batch = make_batch()
    photos = [send(batch, make_jpeg(n), f"{n}.jpg").photo for n in range(3)]
    Job.objects.update(state=Job.State.COMPLETED)

    started = post(client, key, "/jobs", photos=[str(photo.pk) for photo in photos])

    assert (started.status_code, started.json()["total"]) == (202, 3)
    listed = client.get(f"/api/v1/jobs?batch={batch.pk}&state=pending", headers=key).json()
    assert {job["id"] for job in listed} == set(started.json()["jobs"])


def test_a_job_is_cancelled_and_tried_again(client, key):
    send(make_batch(), make_jpeg(1))
    job = Job.objects.get()

    cancelled = post(client, key, f"/jobs/{job.pk}/cancel")
    twice = post(client, key, f"/jobs/{job.pk}/cancel")
    again = post(client, key, f"/jobs/{job.pk}/retry")

    assert (cancelled.json()["state"], cancelled.json()["error"]) == (
        "failed", "Stopped before it was done.",
    )  # fmt: skip
    assert (twice.status_code, again.status_code) == (409, 200)
    assert again.json()["state"] == "processing"
    assert Step.objects.get().state == "waiting"


def test_a_job_that_waits_says_what_for_and_whether_it_is_stuck(client, key):
    send(make_batch(), make_jpeg(1))
    job = Job.objects.get()
    Step.objects.update(waits_for="storage", run_after=now() - timedelta(minutes=6))

    status = client.get(f"/api/v1/jobs/{job.pk}", headers=key).json()

    assert (status["state"], status["is_stuck"]) == ("waiting_storage", True)
    assert status["seconds_left"] is None


def test_another_shops_job_and_photo_are_not_found(client, key):
    photo = send(make_batch(make_tenant("other")), make_jpeg(1)).photo
    job = Job.objects.get()

    assert client.get(f"/api/v1/jobs/{job.pk}", headers=key).status_code == 404
    assert client.get(f"/api/v1/bg-remover/status/{job.pk}", headers=key).status_code == 404
    assert post(client, key, f"/jobs/{job.pk}/cancel").status_code == 404
    assert post(client, key, "/jobs", photos=[str(photo.pk)]).status_code == 404
    assert post(client, key, "/jobs", urls=[URL], batch=str(uuid4())).status_code == 404
    assert Job.objects.get().state == "pending"
