import gzip
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from carousel import fetching
from carousel.errors import GiveUp, Refused, Retry

TRICKS = Path(__file__).parents[2] / "shared" / "data" / "ssrf_urls.json"
HOSTS = ["img.shop.example"]


class Misbehaving(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        getattr(self, self.path.strip("/"))()

    def answer(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Type": "image/png", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def good(self) -> None:
        self.answer()
        self.wfile.write(b"picture")

    def moved(self) -> None:
        self.answer(302, Location="https://169.254.169.254/")

    def page(self) -> None:
        self.answer(Content_Type="text/html")

    def busy(self) -> None:
        self.answer(503)

    def endless(self) -> None:
        self.answer()
        for _ in range(100):
            self.wfile.write(b"x" * 100_000)

    def bomb(self) -> None:
        self.answer(Content_Encoding="gzip")
        self.wfile.write(gzip.compress(b"x" * 20_000_000))

    def drip(self) -> None:
        self.answer()
        for _ in range(50):
            self.wfile.write(b"x")
            time.sleep(0.1)

    def cut(self) -> None:
        self.answer(Content_Length="1000")
        self.wfile.write(b"half")

    def stalled(self) -> None:
        self.cut()
        time.sleep(2)

    def broken(self) -> None:
        self.answer(Content_Encoding="gzip")
        self.wfile.write(b"not packed at all")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def read(url: str, limit: int = 1_000_000) -> bytes:
    """What fetch does once the address has passed, over plain http."""
    with requests.get(url, stream=True, timeout=5, allow_redirects=False) as answer:
        fetching._accept(answer)
        return fetching._read(answer, limit)


@pytest.mark.shared_data
def test_every_known_trick_is_refused_before_a_name_is_looked_up(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    tricks = json.loads(TRICKS.read_text())

    for url in tricks:
        with pytest.raises(Refused):
            fetching.fetch(url, hosts=HOSTS)

    assert len(tricks) == 60


@pytest.mark.parametrize(
    "url",
    [
        "https://img.shop.example/a.jpg",
        "https://img.shop.example:443/a/b%20c.jpg?w=100&h=2",
        "https://img.shop.example",
    ],
)
def test_a_plain_address_on_the_list_passes(url):
    assert fetching.check(url, HOSTS) == "img.shop.example"


def test_an_allowed_name_that_leads_inside_is_refused(monkeypatch):
    inside = [(2, 1, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: inside)

    with pytest.raises(Refused, match="private address"):
        fetching.fetch("https://img.shop.example/a.jpg", hosts=HOSTS)


INSIDE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.5", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "8000::1", "e000::1",
)  # fmt: skip
"""One address of each network that is not the public internet, and of those that hide another."""


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_before_a_socket_opens(monkeypatch, address):
    version = ipaddress.ip_address(address).version
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    inside = [(family, 1, 6, "", (address, 443) if version == 4 else (address, 443, 0, 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: inside)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a socket was opened"))

    with pytest.raises(Refused, match="private address"):
        fetching.fetch("https://img.shop.example/a.jpg", hosts=HOSTS)


@pytest.mark.parametrize("way", ["a picture", "an event"])
def test_a_name_that_changes_its_address_is_asked_once_and_the_first_answer_is_used(
    monkeypatch, way
):
    """Rebinding: public when it is checked, inside when it would be connected to."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected = []

    def answer(host, port, *_, **__):
        given = host if host[0].isdigit() else next(answers)
        return [(socket.AF_INET, 1, 6, "", (given, port or 443))]

    def connect(_, to):
        connected.append(to)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", answer)
    monkeypatch.setattr("socket.socket.connect", connect)

    with pytest.raises(Retry):
        if way == "a picture":
            fetching.fetch("https://img.shop.example/a.jpg", hosts=HOSTS)
        else:
            fetching.deliver("https://hooks.shop.example/in", b"{}", {})

    assert connected == [("93.184.216.34", 443)]


def test_a_good_answer_is_read(server):
    assert read(f"{server}/good") == b"picture"


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("moved", GiveUp, "redirects are not followed"),
        ("page", GiveUp, "text/html, not a picture"),
        ("busy", Retry, "answered 503"),
        ("endless", GiveUp, "over 0 MB"),
        ("bomb", GiveUp, "over 0 MB"),
    ],
)
def test_a_bad_answer_is_named(server, path, error, words):
    with pytest.raises(error, match=words):
        read(f"{server}/{path}")


def test_a_slow_answer_ends_at_the_total_time(server, monkeypatch):
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.5)

    with pytest.raises(Retry, match="took over"):
        read(f"{server}/drip")


@pytest.mark.parametrize("page", ["cut", "stalled", "broken"])
def test_a_picture_that_breaks_off_on_its_way_is_tried_again_later(monkeypatch, server, page):
    session = fetching._plain_session()
    monkeypatch.setattr(fetching, "check", lambda *_: "")
    monkeypatch.setattr(fetching, "_session", lambda: session)
    monkeypatch.setattr(session, "get", partial(session.get, timeout=0.5))

    with pytest.raises(Retry, match="did not answer"):
        fetching.fetch(f"{server}/{page}")
