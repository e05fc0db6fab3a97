import hashlib
import json
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from carousel.wiring import PIPELINES
from grouping.models import Group
from imaging.models import Batch, Job, Line, Photo, Receipt, Step
from imaging.uploads.batches import Groups, standings
from imaging.uploads.progress import progress
from imaging.uploads.receipt import sums
from tests.makers import make_batch, make_photo, make_tenant, make_user
from tests.upload_makers import make_jpeg, send, stored_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def alice(client):
    user = make_user()
    client.force_login(user)
    return user


def post(client, address: str, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


def select(client, batch: Batch, *files: tuple[str, int]) -> str:
    """The address under which the files of a new selection are sent."""
    answer = post(client, f"/b/{batch.pk}/select/", name="card", files=files)
    assert answer.status_code == 201
    return f"/b/{batch.pk}/select/{answer.json()['receipt']}/"


def send_file(client, base: str, number: int, content: bytes, sha256: str = ""):
    headers = {"X-Content-SHA256": sha256}
    return client.post(f"{base}{number}/", content, content_type="image/jpeg", headers=headers)


def test_without_batches_the_page_explains_the_four_steps(client):
    page = client.get("/").content.decode()

    assert "From photos to prices in four steps" in page
    assert "Start the first batch" in page


def test_a_new_batch_opens_on_its_upload_page(client):
    answer = client.post("/b/new/")

    batch = Batch.objects.get()
    assert answer.url == f"/b/{batch.pk}/"
    assert batch.name.startswith("Batch of ")
    assert "Drop photos or a folder here" in client.get(answer.url).content.decode()


def test_the_list_of_batches_costs_the_same_however_long_it_is(client):
    make_photo(make_batch())
    client.get("/")
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    for _ in range(10):
        make_photo(make_batch())

    with CaptureQueriesContext(connection) as many:
        client.get("/")

    assert len(many) == len(one)


def test_the_list_is_paged_and_can_be_searched(client):
    for number in range(30):
        make_batch(name=f"Estate {number:02}")

    assert "Page 1 of 2" in client.get("/").content.decode()
    found = client.get("/?q=tate 07").content.decode()
    assert "Estate 07" in found
    assert "Estate 08" not in found


def test_a_batch_is_renamed_and_an_empty_name_changes_nothing(client):
    batch = make_batch(name="Before")

    client.post(f"/b/{batch.pk}/rename/", {"name": "  After "})
    client.post(f"/b/{batch.pk}/rename/", {"name": " "})

    batch.refresh_from_db()
    assert batch.name == "After"


def test_a_selection_is_sent_file_by_file_and_its_receipt_adds_up(client):
    batch = make_batch()
    content = make_jpeg(1)
    base = select(client, batch, ("card/a.jpg", len(content)), ("card/b.jpg", 4), ("c.jpg", 0))

    stored = send_file(client, base, 0, content, hashlib.sha256(content).hexdigest())
    refused = send_file(client, base, 1, b"text")
    post(client, f"{base}not-sent/", files=[(2, "empty")])

    assert (stored.status_code, stored.json()["outcome"]) == (201, "stored")
    assert (refused.status_code, refused.json()["outcome"]) == (200, "refused")
    assert refused.json()["detail"] == "This is not a photo: the file starts like text."
    total = sums(Line.objects.all())
    assert (total.selected, total.stored, total.refused, total.waiting) == (3, 1, 2, 0)
    assert sorted(batch.photos.values_list("path", "state")) == [
        ("c.jpg", "rejected"), ("card/a.jpg", "received"), ("card/b.jpg", "rejected"),
    ]  # fmt: skip


def test_the_manifest_knows_what_is_here_so_that_a_second_upload_sends_nothing(client):
    batch = make_batch()
    here = send(batch, make_jpeg(1)).photo
    base = select(client, batch, ("a.jpg", 10), ("b.jpg", 10))

    answer = post(client, f"{base}manifest/", files=[(0, here.sha256), (1, "b" * 64)]).json()

    assert list(answer["have"]) == [here.sha256]
    assert answer["have"][here.sha256]["outcome"] == "here"
    assert list(Line.objects.values_list("outcome", flat=True)) == ["here", "waiting"]


def test_the_manifest_names_the_other_batch_that_has_the_photo_but_not_another_shops(client):
    known = send(make_batch(name="Last week"), make_jpeg(1)).photo
    foreign = send(make_batch(make_tenant("other")), make_jpeg(2)).photo
    base = select(client, make_batch(), ("a.jpg", 10), ("b.jpg", 10))

    answer = post(client, f"{base}manifest/", files=[(0, known.sha256), (1, foreign.sha256)]).json()

    assert answer["have"] == {}
    assert answer["elsewhere"] == {
        known.sha256: {"batch": str(known.batch_id), "name": "Last week"}
    }


def test_a_film_on_the_card_is_on_the_receipt_and_no_photo_of_the_batch(client):
    batch = make_batch()
    base = select(client, batch, ("film.mov", 10))

    post(client, f"{base}not-sent/", files=[(0, "type")])

    assert Line.objects.get().reason == "This is not a JPEG, PNG, WebP or HEIC picture."
    assert batch.photos.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"files": []},
        {"files": [["", 1]]},
        {"files": [["a", -1]]},
        {"files": [["a", 1]], "x": 1},
    ],
)
def test_a_selection_of_the_wrong_shape_is_refused_and_opens_no_receipt(client, body):
    answer = post(client, f"/b/{make_batch().pk}/select/", **body)

    assert answer.status_code == 409
    assert Receipt.objects.count() == 0


def test_more_than_five_thousand_files_are_refused(client):
    files = [(f"{number}.jpg", 1) for number in range(5001)]

    answer = post(client, f"/b/{make_batch().pk}/select/", files=files)

    assert answer.status_code == 409
    assert "5000" in answer.content.decode()
    assert Receipt.objects.count() == 0


def test_without_a_script_the_form_sends_its_files_and_shows_the_receipt(client):
    batch = make_batch()
    files = [
        SimpleUploadedFile("a.jpg", make_jpeg(1), "image/jpeg"),
        SimpleUploadedFile("b.jpg", b"text", "image/jpeg"),
    ]

    page = client.post(f"/b/{batch.pk}/", {"files": files}, follow=True).content.decode()

    assert "Refused: This is not a photo: the file starts like text." in page
    assert "Every selected file is accounted for" in page
    assert batch.photos.filter(state="received").count() == 1


def test_two_hundred_files_in_one_form_are_stored(client):
    batch = make_batch()
    files = [
        SimpleUploadedFile(f"{number}.jpg", make_jpeg(number), "image/jpeg")
        for number in range(200)
    ]

    page = client.post(f"/b/{batch.pk}/", {"files": files}, follow=True).content.decode()

    assert "Every selected file is accounted for" in page
    assert batch.photos.filter(state="received").count() == 200


def test_more_files_than_a_form_may_have_are_refused_in_words_and_none_is_stored(client):
    batch = make_batch()
    files = [SimpleUploadedFile(f"{number}.jpg", b"x", "image/jpeg") for number in range(1000)]

    answer = client.post(f"/b/{batch.pk}/", {"files": files})

    assert answer.status_code == 413
    assert "At most 250 files fit in one form; nothing was stored." in answer.content.decode()
    assert batch.photos.count() == 0


def test_the_receipt_says_what_is_still_to_come(client):
    batch = make_batch()
    select(client, batch, ("a.jpg", 10), ("b.jpg", 10))

    page = client.get(f"/b/{batch.pk}/receipt/").content.decode()

    assert "2 files did not arrive yet. Do not wipe the card." in page


def test_the_progress_page_counts_names_and_offers_another_try(client):
    batch = make_batch()
    send(batch, b"text", "notes.jpg")
    photo = send(batch, make_jpeg(1), "a.jpg").photo
    Photo.objects.filter(pk=photo.pk).update(state="failed", reason="The model did not answer.")
    Job.objects.update(state=Job.State.FAILED)

    page = client.get(f"/b/{batch.pk}/progress/").content.decode()

    assert "notes.jpg" in page
    assert "The model did not answer." in page
    assert f"/photos/{photo.pk}/retry/" in page
    assert "hx-sse:connect" not in page


def test_the_progress_page_adds_up_and_ticks_what_is_finished(client):
    batch = make_batch()
    for number in range(14):
        send(batch, make_jpeg(number), f"{number}.jpg")
    send(batch, b"", "empty.jpg")
    broken = [job.subject_id for job in Job.objects.all()[:2]]
    Job.objects.filter(subject_id__in=broken).update(state=Job.State.FAILED)
    Photo.objects.filter(pk__in=broken).update(state=Photo.State.REJECTED)
    good = Job.objects.exclude(subject_id__in=broken)
    Photo.objects.filter(pk__in=good.values("subject_id")).update(state=Photo.State.READY)
    Step.objects.all().delete()
    for job, kind in product(good, PIPELINES["photo"]):
        Step.objects.create(tenant=batch.tenant, job=job, kind=kind, state=Step.State.DONE)

    page = client.get(f"/b/{batch.pk}/progress/").content.decode()
    seen = progress(batch)

    assert "<strong>100 %</strong> · 12 of 15 photos ready" in page
    assert "3 not usable" in page
    assert [(phase.done, phase.total) for phase in seen.phases] == [(12, 12)] * 4
    assert page.count('<li class="done">') == 4


def test_the_progress_page_costs_the_same_however_many_photos_there_are(client):
    batch = make_batch()
    send(batch, make_jpeg(0))
    address = f"/b/{batch.pk}/progress/"
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(1, 12):
        send(batch, make_jpeg(number), f"{number}.jpg")
    Step.objects.update(state=Step.State.DONE)

    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) <= len(one) + 1


def test_a_picture_is_served_for_ever_under_its_hash_and_asked_about_without_it(client):
    photo = make_photo()
    photo.keep({"160": b"RIFF....WEBP"})
    known = photo.files["160"]["sha256"][:12]

    hashed = client.get(f"/photos/{photo.pk}/160?v={known}")
    bare = client.get(f"/photos/{photo.pk}/160")

    assert hashed.content == b"RIFF....WEBP"
    assert hashed["Cache-Control"] == "private, max-age=31536000, immutable"
    assert bare["Cache-Control"] == "private, no-cache"
    assert (hashed["Content-Type"], hashed["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    again = client.get(f"/photos/{photo.pk}/160", headers={"If-None-Match": hashed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_original_is_a_download_under_its_own_name_and_the_log_says_who_took_it(client, caplog):
    photo = send(make_batch(), make_jpeg(1), "Stóll.jpg").photo

    with caplog.at_level("INFO", "imaging.uploads.pictures"):
        answer = client.get(f"/photos/{photo.pk}/original")

    taker = client.session["_auth_user_id"]
    assert caplog.messages[0] == f"The original of photo {photo.pk} went to user {taker}"
    assert answer.content == make_jpeg(1)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''St%C3%B3ll.jpg"


def test_a_picture_that_is_not_made_or_gone_is_not_found(client):
    photo = make_photo(original="temp/gone.jpg")

    for variant in ("160", "original", "nonsense"):
        assert client.get(f"/photos/{photo.pk}/{variant}").status_code == 404


def test_nothing_of_another_shop_can_be_seen_or_changed(client):
    batch = make_batch(make_tenant("other"))
    photo = send(batch, make_jpeg(1)).photo
    base = f"/b/{batch.pk}/"
    receipt = f"{base}select/{uuid4()}/"

    for address in (base, f"{base}progress/", f"{base}receipt/", f"/live{base}"):
        assert client.get(address).status_code == 404, address
    assert client.get(f"/photos/{photo.pk}/original").status_code == 404
    for address in (f"{base}rename/", f"{base}select/", f"{base}stop/", f"{base}retry/"):
        assert client.post(address, {"name": "Mine"}).status_code == 404, address
    for address in (f"{receipt}manifest/", f"{receipt}not-sent/", f"{receipt}0/"):
        assert client.post(address).status_code == 404, address
    assert client.post(f"/photos/{photo.pk}/retry/").status_code == 404
    assert client.get("/").content.decode().count("Estate") == 0
    assert stored_files(batch.tenant) != []
    assert Batch.objects.get().name == "Estate"


def test_a_receipt_of_one_batch_is_not_a_door_to_another(client):
    batch, other = make_batch(), make_batch()
    receipt = select(client, batch, ("a.jpg", 10)).split("/")[-2]

    answer = send_file(client, f"/b/{other.pk}/select/{receipt}/", 0, make_jpeg(1))

    assert answer.status_code == 404
    assert Photo.objects.count() == 0


def test_a_viewer_may_look_and_not_send(client):
    client.force_login(make_user("eve@example.com", role="viewer"))
    batch = make_batch()

    assert client.get(f"/b/{batch.pk}/").status_code == 200
    assert post(client, f"/b/{batch.pk}/select/", files=[("a.jpg", 1)]).status_code == 403
    assert Receipt.objects.count() == 0


def test_the_list_says_how_many_groups_want_eyes(client):
    sure, unsure = make_batch(name="Sure"), make_batch(name="Unsure")
    for batch, band in ((sure, "same"), (unsure, "likely"), (unsure, "same")):
        make_photo(batch)
        Group.objects.create(tenant=batch.tenant, batch=batch, name="Item", band=band)
    Group.objects.filter(batch=sure).update(state="accepted")
    Group.objects.create(tenant=sure.tenant, batch=sure, name="Item", state="rejected")

    stands = {standing.batch: standing for standing in standings([sure, unsure])}

    assert (stands[sure].groups, stands[sure].step) == (Groups(1, 0, 0), "prices")
    assert (stands[unsure].groups, stands[unsure].step) == (Groups(2, 2, 1), "review")
    assert "1 to check" in client.get("/").content.decode()


def test_a_page_says_when_work_is_delayed_or_waits_for_the_storage(client):
    batch = make_batch()
    send(batch, make_jpeg(1))
    address = f"/b/{batch.pk}/progress/"

    Step.objects.update(run_after=now() - timedelta(minutes=3))
    late = client.get(address).content.decode()
    Step.objects.update(run_after=now(), waits_for="storage")
    away = client.get(address).content.decode()
    Step.objects.update(waits_for="")
    well = client.get(address).content.decode()

    assert "Processing is delayed: the next step has waited for 3 min." in late
    assert "The photo storage does not answer: 1 steps wait for it" in away
    assert 'id="delay"' not in well
