"""Uploads that go straight to the storage: announced, sent, confirmed."""

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from carousel import storage
from carousel.models import ApiKey
from imaging.jobs import runner
from imaging.models import Batch, Job, Line, Photo, Step
from imaging.uploads import presigned
from imaging.uploads.presigned import Announced
from tests.machine import SHARED_DATA
from tests.makers import make_batch, make_tenant, make_user
from tests.upload_makers import make_jpeg

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


@pytest.fixture
def key() -> dict[str, str]:
    return make_key()


def make_key(slug: str = "acme") -> dict[str, str]:
    _, token = ApiKey.issue(make_tenant(slug), "till", "reviewer")
    return {"Authorization": f"Bearer {token}"}


def announce(client: Client, key: dict[str, str], batch: Batch, *files: tuple[str, bytes], **more):
    said = [
        {"path": path, "size": len(content), "content_type": "image/jpeg", **more}
        for path, content in files
    ]
    return client.post(
        f"/api/v1/batches/{batch.pk}/uploads",
        {"files": said},
        content_type="application/json",
        headers=key,
    )


def put(offer: dict[str, Any], content: bytes, **changes: str):
    """What a browser does with an offer."""
    file = SimpleUploadedFile("whatever", content, "application/octet-stream")
    path = offer["url"].removeprefix(SITE)
    return Client().post(path, {**offer["fields"], **changes, "file": file})


def confirm(client: Client, key: dict[str, str], upload: str, **more: str):
    return client.post(
        f"/api/v1/uploads/{upload}/confirm", more, content_type="application/json", headers=key
    )


def announced(client: Client, key: dict[str, str], batch: Batch, content: bytes) -> dict[str, Any]:
    [offer] = announce(client, key, batch, ("a.jpg", content)).json()["uploads"]
    return offer


def test_a_photo_is_announced_sent_and_confirmed(client, key):
    batch, content = make_batch(), make_jpeg(1)
    answer = announce(client, key, batch, ("card/IMG 1.jpg", content))
    [offer] = answer.json()["uploads"]

    sent = put(offer, content)
    confirmed = confirm(client, key, offer["id"])

    photo = Photo.objects.get()
    sha256 = hashlib.sha256(content).hexdigest()
    assert (answer.status_code, sent.status_code, confirmed.status_code) == (201, 204, 201)
    assert confirmed.json()["photo"] == str(photo.pk)
    assert (photo.path, photo.sha256, photo.size) == ("card/IMG 1.jpg", sha256, len(content))
    assert photo.original == f"temp/{batch.tenant_id}/{batch.pk}/0_{sha256[:12]}_IMG_1.jpg"
    assert photo.read() == content
    assert Job.objects.get().subject_id == photo.pk
    assert storage.facts(offer["fields"]["key"]) is None


def test_what_cannot_be_accepted_is_refused_before_it_is_sent(client, key):
    batch = make_batch()
    said = [
        {"path": "a.gif", "size": 10, "content_type": "image/gif"},
        {"path": "b.jpg", "size": 0, "content_type": "image/jpeg"},
        {"path": "c.jpg", "size": 50 * 1024 * 1024 + 1, "content_type": "image/jpeg"},
        {"path": "d.jpg", "size": 50 * 1024 * 1024, "content_type": "image/jpeg"},
    ]

    answer = client.post(
        f"/api/v1/batches/{batch.pk}/uploads", {"files": said},
        content_type="application/json", headers=key,
    ).json()  # fmt: skip

    assert [(offer["outcome"], offer["reason"]) for offer in answer["uploads"]] == [
        ("refused", "This is not a JPEG, PNG, WebP or HEIC picture."),
        ("refused", "The file is empty."),
        ("refused", "The file is larger than 50 MB."),
        ("waiting", ""),
    ]
    assert [bool(offer["url"]) for offer in answer["uploads"]] == [False, False, False, True]


@pytest.mark.parametrize(
    ("changes", "content", "words"),
    [
        ({"key": "temp/other/key.jpg"}, make_jpeg(1), "The key or the content type"),
        ({"Content-Type": "text/html"}, make_jpeg(1), "The key or the content type"),
        ({"acl": "public-read"}, make_jpeg(1), "The key or the content type"),
        ({"policy": "forged"}, make_jpeg(1), "was not made here"),
        ({}, make_jpeg(1) + b"x", "bytes; "),
    ],
)
def test_anything_but_what_was_signed_is_refused(client, key, changes, content, words):
    offer = announced(client, key, make_batch(), make_jpeg(1))

    answer = put(offer, content, **changes)

    assert answer.status_code == 403
    assert words in answer.json()["detail"]
    assert storage.facts(offer["fields"]["key"]) is None


def test_an_address_works_for_ten_minutes(client, key):
    content = make_jpeg(1)
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        offer = announced(client, key, make_batch(), content)
    with time_machine.travel("2026-03-01T12:10:01Z", tick=False):
        late = put(offer, content)
    with time_machine.travel("2026-03-01T12:09:59Z", tick=False):
        in_time = put(offer, content)

    assert (late.status_code, in_time.status_code) == (403, 204)
    assert "expired" in late.json()["detail"]


def test_an_address_is_used_up_by_the_confirmation(client, key):
    content = make_jpeg(1)
    offer = announced(client, key, make_batch(), content)
    put(offer, content)
    put(offer, content)
    confirm(client, key, offer["id"])

    late = put(offer, content)

    assert (late.status_code, late.json()["detail"]) == (403, "This upload address has been used.")
    assert Photo.objects.get().read() == content


def test_confirming_answers_the_same_however_often_and_409_before_anything_was_sent(client, key):
    content = make_jpeg(1)
    offer = announced(client, key, make_batch(), content)

    before = confirm(client, key, offer["id"])
    put(offer, content)
    first, second = confirm(client, key, offer["id"]), confirm(client, key, offer["id"])

    assert (before.status_code, first.status_code, second.status_code) == (409, 201, 201)
    assert first.json() == second.json()
    assert Photo.objects.count() == Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_confirmations_at_once_make_one_photo():
    batch, content = make_batch(), make_jpeg(1)
    _, [offer] = presigned.offer(
        batch, None, "", [Announced("a.jpg", len(content), "image/jpeg")], ""
    )
    storage.store(presigned.key_of(offer.line), io.BytesIO(content))

    def one(_: int) -> str:
        try:
            line = Line.objects.select_related("receipt__batch", "tenant").get(pk=offer.line.pk)
            return presigned.confirm(line).outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(one, range(20)))

    assert outcomes == {"stored"}
    assert Photo.objects.count() == Job.objects.count() == 1
    assert Photo.objects.get().read() == content


def test_another_shops_place_is_not_found(client, key):
    content = make_jpeg(1)
    theirs = announced(client, make_key("other"), make_batch(make_tenant("other")), content)
    put(theirs, content)
    batch = make_batch()

    assert confirm(client, key, theirs["id"]).status_code == 404
    ours = announced(client, key, batch, content)
    put(ours, content)
    both = {"uploads": [{"id": ours["id"]}, {"id": theirs["id"]}]}
    answer = client.post(
        f"/api/v1/batches/{batch.pk}/uploads/confirm", both,
        content_type="application/json", headers=key,
    )  # fmt: skip
    assert answer.status_code == 404
    assert Photo.objects.count() == 0


def test_bytes_that_are_not_the_announced_ones_are_refused(client, key):
    content = make_jpeg(1)
    [offer] = announce(client, key, make_batch(), ("a.jpg", content), sha256="0" * 64).json()[
        "uploads"
    ]
    put(offer, content)

    answer = confirm(client, key, offer["id"])

    assert answer.status_code == 422
    assert "changed on its way" in answer.json()["reason"]
    assert Job.objects.count() == 0


def test_bytes_changed_after_the_confirmation_never_become_a_picture(client, key):
    content = make_jpeg(1, (400, 300))
    offer = announced(client, key, make_batch(), content)
    put(offer, content)
    confirm(client, key, offer["id"])
    photo = Photo.objects.get()
    storage.save_bytes(photo.original, make_jpeg(2, (400, 300)))

    runner.run(Step.objects.get().pk)

    photo.refresh_from_db()
    assert (photo.state, photo.files) == ("rejected", {})
    assert photo.reason == "The file is not the one that was sent: its bytes have changed."


def test_five_hundred_files_in_two_calls_and_the_receipt_adds_up(client, key):
    batch = make_batch()
    files = [(f"img{n}.jpg", make_jpeg(n)) for n in range(498)]
    files += [("copy.jpg", make_jpeg(0)), ("text.jpg", b"a shopping list")]
    offers = announce(client, key, batch, *files).json()
    for offer, (_, content) in zip(offers["uploads"], files, strict=True):
        storage.save_bytes(offer["fields"]["key"], content)

    answer = client.post(
        f"/api/v1/batches/{batch.pk}/uploads/confirm",
        {"uploads": [{"id": offer["id"]} for offer in offers["uploads"]]},
        content_type="application/json",
        headers=key,
    ).json()

    receipt = client.get(
        f"/api/v1/batches/{batch.pk}/receipts/{offers['receipt']}?limit=2", headers=key
    ).json()
    assert answer["uploads"][-1]["reason"] == "This is not a photo: the file starts like text."
    sums = [receipt[name] for name in ("selected", "stored", "here", "refused", "waiting")]
    assert sums == [500, 498, 1, 1, 0]
    assert [line["path"] for line in receipt["lines"]] == ["img0.jpg", "img1.jpg"]


def test_announcing_again_goes_on_with_what_is_missing(client, key):
    batch = make_batch()
    files = [(f"img{n}.jpg", make_jpeg(n)) for n in range(3)]
    first = announce(client, key, batch, *files).json()
    put(first["uploads"][0], files[0][1])
    confirm(client, key, first["uploads"][0]["id"])

    second = announce(client, key, batch, *files).json()

    assert second["receipt"] == first["receipt"]
    assert [offer["outcome"] for offer in second["uploads"]] == ["stored", "waiting", "waiting"]


def test_a_file_is_stored_whole_or_not_at_all(monkeypatch):
    class Breaks(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Any:
            yield b"half of it"
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        storage.default_storage.save("temp/whole/a.jpg", Breaks(b""))

    assert storage.default_storage.listdir("temp/whole") == ([], [])


NAMES = (
    *("a\0b.jpg", "\ud800.jpg", "../../x.jpg", "\u202egpj.exe", "-rf", "/", "CON", "\ufffe"),
    *("\r\nSet-Cookie: a=b", "<script>.jpg", "a" * 4000, "%00%2e%2e.jpg", "e\u0301\u0301.jpg"),
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_of_a_file_breaks_a_door(client, key, name):
    """Announced, sent and confirmed; and straight, in a form and on the page."""
    batch, content = make_batch(), make_jpeg(1)
    answer = announce(client, key, batch, (name, content))
    if answer.status_code == 201:
        [offer] = answer.json()["uploads"]
        assert put(offer, content).status_code == 204
        assert confirm(client, key, offer["id"]).status_code == 201
    else:
        assert answer.status_code == 422
    client.force_login(make_user())
    body = json.dumps({"name": name[:200], "files": [[name, len(content)]]})
    chosen = client.post(f"/b/{batch.pk}/select/", body, content_type="application/json")
    assert chosen.status_code in {201, 400, 409}
    file = SimpleUploadedFile("x", content, "image/jpeg")
    file._name = name.encode(errors="replace").decode()
    sent = client.post(f"/api/v1/batches/{batch.pk}/photos", {"file": file}, headers=key)
    assert sent.status_code in {200, 201, 400, 422}
    assert all(".." not in photo.original for photo in batch.photos.all())
    assert client.get(f"/b/{batch.pk}/receipt/").status_code == 200


@pytest.mark.shared_data
def test_hostile_files_have_the_same_answer_at_both_doors(client, key):
    batch, other = make_batch(), make_batch()
    statuses: dict[int, int] = {}
    paths = sorted((SHARED_DATA / "hostile").iterdir())[::8]  # all of them: tests/slow

    for path in paths:
        content = path.read_bytes()
        file = SimpleUploadedFile(path.name, content)
        direct = client.post(f"/api/v1/batches/{other.pk}/photos", {"file": file}, headers=key)
        [offer] = announce(client, key, batch, (path.name, content)).json()["uploads"]
        confirmed = {"outcome": offer["outcome"], "reason": offer["reason"]}
        if offer["url"]:
            assert put(offer, content).status_code == 204, path.name
            answer = confirm(client, key, offer["id"])
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            confirmed = answer.json()
        assert direct.status_code in {200, 201, 422}, path.name
        assert (confirmed["outcome"], confirmed["reason"]) == (
            direct.json()["outcome"], direct.json()["reason"],
        ), path.name  # fmt: skip
        assert confirmed["outcome"] != "refused" or confirmed["reason"].endswith("."), path.name

    assert statuses.keys() <= {200, 201, 422}
    assert len(paths) == 42
