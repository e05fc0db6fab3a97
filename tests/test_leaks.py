"""What the check for leaks sees, and what it lets pass."""

import pytest

from carousel.management.leaks import leaks


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("key = AKIA" + "ABCDEFGHIJKLMNOP", "an AWS key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
        ("token: ghp_" + "a" * 36, "a token"),
        ("see /ho" + "me/alice/photos", "a path of one machine"),
        ("--index" + "-url https://packages.example/simple", "an address of a package index"),
    ],
)
def test_a_leak_is_named_with_its_place(line: str, what: str):
    assert list(leaks("notes.txt", f"first\n{line}")) == [f"notes.txt:2: {what}"]


@pytest.mark.parametrize(
    "line", ["AKIAIOSFODNN7EXAMPLE", "https://example.com/home/page", "--require-hashes", "/var/x"]
)
def test_what_looks_like_a_leak_and_is_none_passes(line: str):
    assert list(leaks("notes.txt", line)) == []


def test_a_page_that_loads_from_another_server_is_a_leak():
    line = '<script src="https://cdn.example/x.js"></script>'

    assert list(leaks("page.html", line)) == ["page.html:1: a file from somebody else's server"]
    assert list(leaks("notes.md", line)) == []
