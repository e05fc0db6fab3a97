"""What a log line may tell, and what it never tells."""

import logging

import pytest

from carousel.redaction import masked

LINES = {
    "a link that opens a picture": "Forbidden: /files/WyJwaG90b3MvMS8y:1vN:abc",
    "a bucket's link": "GET https://b.example/k?X-Amz-Signature=abc123&X-Amz-Credential=abc123",
    "a key": "refused ck_abc123DEF",
    "a header": "{'Authorization': 'Bearer abc123.x'}",
    "a web token": "token eyJhbGciOi.eyJpc3MiOiJ.abc123",
    "a password": '{"email": "a@b.example", "password": "abc123"}',
    "a database": "postgresql://carousel:abc123@db.example:5432/carousel",
    "a webhook's secret": "whsec_abc123",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_secret_is_masked(line):
    told = masked(line)

    assert "***" in told
    assert "abc" not in told


@pytest.mark.parametrize(
    "line", ["Step 7 of /photos/1/160 is done", "2 files, 3 tokens", "https://shop.example/a?b=c"]
)
def test_other_words_stay(line):
    assert masked(line) == line


@pytest.mark.django_db
def test_a_refused_link_is_not_in_the_log(client, caplog, capsys):
    handler = logging.getLogger().handlers[0] if logging.getLogger().handlers else None
    assert handler is not None

    client.get("/files/a-link-of-somebody")

    [record] = [each for each in caplog.records if "/files/" in each.getMessage()]
    formats = [each.formatter for each in logging.getLogger().handlers if each.formatter]
    lines = [each.format(record) for each in formats if "structlog" in type(each).__module__]
    assert lines and all("a-link-of-somebody" not in line for line in lines)
