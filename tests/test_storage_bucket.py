"""The same flow with a bucket: an S3 that speaks HTTP, and the forms that a browser would send."""

import base64
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import boto3
import pytest
import requests
from botocore.awsrequest import AWSResponse
from botocore.exceptions import IncompleteReadError
from django.core.management import CommandError, call_command
from moto.server import ThreadedMotoServer

from carousel import storage
from carousel.circuit import Circuit
from imaging.models import Line, Photo
from imaging.uploads import expiry, presigned
from imaging.uploads.presigned import Announced
from tests.makers import make_batch
from tests.test_retention import settled_photo, shown
from tests.upload_makers import make_jpeg

NAME = "carousel-photos-test"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def s3(server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(storage, "circuit", Circuit())
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=server)
    client.create_bucket(Bucket=NAME)
    options = {"bucket_name": NAME, "region_name": "us-east-1", "endpoint_url": server,
               "object_parameters": {"ServerSideEncryption": "AES256"}}  # fmt: skip
    settings.S3_BUCKET = NAME
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "carousel.bucket.Bucket", "OPTIONS": options}
    }
    yield client
    requests.post(f"{server}/moto-api/reset", timeout=5)


def offered(content: bytes, **more: str) -> presigned.Offer:
    announced = Announced("Bláa peysan.jpg", len(content), "image/jpeg", **more)
    return presigned.offer(make_batch(), None, "", [announced], "")[1][0]


def put(offer: presigned.Offer, content: bytes) -> int:
    ticket = offer.ticket
    answer = requests.post(ticket.url, data=ticket.fields, files={"file": content}, timeout=10)
    return answer.status_code


@pytest.mark.django_db
def test_a_form_is_bound_to_key_type_and_exact_size_for_ten_minutes(s3: Any):
    offer = offered(make_jpeg(1))

    fields = offer.ticket.fields
    policy = json.loads(base64.b64decode(fields["policy"]))
    size = len(make_jpeg(1))
    assert fields["key"] == presigned.key_of(offer.line)
    assert ["content-length-range", size, size] in policy["conditions"]
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert {"x-amz-server-side-encryption": "AES256"} in policy["conditions"]
    assert fields["x-amz-meta-name"].isascii()
    assert fields["x-amz-meta-tenant"] == str(offer.line.tenant_id)


@pytest.mark.django_db
def test_sent_confirmed_and_moved_when_accepted(s3: Any):
    content = make_jpeg(1)
    offer = offered(content)

    status = put(offer, content)
    line = presigned.confirm(offer.line)

    photo = Photo.objects.get()
    kept = s3.head_object(Bucket=NAME, Key=photo.original)
    assert (status, line.outcome, photo.read()) == (204, "stored", content)
    assert kept["ServerSideEncryption"] == "AES256"
    assert kept["Metadata"]["batch"] == str(photo.batch_id)
    assert storage.facts(presigned.key_of(offer.line)) is None
    shown(photo)
    assert expiry.move_accepted() == 1
    photo.refresh_from_db()
    assert photo.original.startswith("originals/") and photo.read() == content


@pytest.mark.django_db
def test_bytes_written_over_after_the_confirmation_reach_nothing(s3: Any):
    content = make_jpeg(1)
    offer = offered(content)
    put(offer, content)
    presigned.confirm(offer.line)

    assert put(offer, content) == 204  # S3 cannot know; nothing reads that key any more

    assert Photo.objects.get().read() == content
    assert presigned.confirm(Line.objects.get()).outcome == "stored"


@pytest.mark.django_db
def test_the_copy_takes_only_the_content_that_was_checked(s3: Any):
    """The condition is the bucket's to keep: what counts here is that it is asked for."""
    asked: list[bytes] = []
    content = make_jpeg(1)
    offer = offered(content)
    put(offer, content)
    etag = storage.facts(presigned.key_of(offer.line)).etag

    def note(request: Any, **_: object) -> None:
        asked.append(request.headers.get("x-amz-copy-source-if-match"))

    storage._client().meta.events.register("before-send.s3.CopyObject", note)
    presigned.confirm(offer.line)

    assert [found.decode() for found in asked] == [etag]


@pytest.mark.django_db
def test_originals_expire_in_a_bucket_too(s3: Any):
    photo = settled_photo(1, hours=25)

    assert expiry.expire_originals() == 1
    assert [found.key for found in storage.listed("temp")] == []
    assert storage.facts(photo.original) is None


def test_the_bucket_is_set_up_by_a_command(s3: Any):
    said = StringIO()

    call_command("set_up_bucket", stdout=said)
    call_command("set_up_bucket", stdout=said)

    rules = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in rules] == ["temp/", ""]
    assert rules[0]["Expiration"] == {"Days": 1}
    assert rules[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    [cors] = s3.get_bucket_cors(Bucket=NAME)["CORSRules"]
    assert (cors["AllowedOrigins"], "POST" in cors["AllowedMethods"]) == (
        ["http://localhost:8000"], True,
    )  # fmt: skip
    assert all(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values())
    assert "Public access is blocked." in said.getvalue()


def test_without_a_bucket_the_command_says_what_to_set(settings: Any):
    settings.S3_BUCKET = ""

    with pytest.raises(CommandError, match="Set S3_BUCKET"):
        call_command("set_up_bucket")


@pytest.mark.django_db
def test_a_bucket_that_answers_503_means_waiting_after_three_tries(settings, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr("time.sleep", lambda _: None)
    client = storage._client()

    def fail(request: Any, **_: object) -> Any:
        asked.append(request.url)
        return AWSResponse(request.url, 503, {}, Raw())

    client.meta.events.register("before-send.s3", fail)

    with pytest.raises(storage.Away):
        storage.facts("temp/a")

    assert len(asked) == 3


@pytest.mark.django_db
def test_a_body_that_always_breaks_off_means_waiting_after_three_tries(s3, monkeypatch):
    asked: list[int] = []
    s3.put_object(Bucket=NAME, Key="temp/a", Body=b"whole")

    class Broken(Raw):
        def read(self, *_: object) -> bytes:
            asked.append(1)
            raise IncompleteReadError(actual_bytes=1, expected_bytes=5)

    def broken(body: Any, *_: object) -> Broken:
        body.close()  # or its socket is found open by whichever test runs when it is collected
        return Broken()

    monkeypatch.setattr("s3transfer.download.StreamReaderProgress", broken)

    with pytest.raises(storage.Away):
        storage.read_bytes("temp/a")

    assert len(asked) == 3
    assert not storage.circuit.is_open


class Raw:
    """An empty body, as botocore reads one."""

    def stream(self) -> Iterator[bytes]:
        yield b""

    def read(self, *_: object) -> bytes:
        return b""
