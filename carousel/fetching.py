"""The only place that opens an address somebody gave us.

A strict grammar decides first (no library's idea of a host is asked), then the host must be on the
allow-list, then requests-hardened pins the connection to the address it has checked.
"""

import ipaddress
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests_hardened import Config, HTTPSession, ip_filter
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from carousel.errors import GiveUp, Refused, Retry

GRAMMAR = re.compile(
    r"https://(?P<host>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?)"
    r"(?::443)?(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?",
    re.ASCII,
)
LONGEST = 2000
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3, 5, 20
POST_SECONDS = 15
CHUNK = 64 * 1024

# All of IPv6 but its public 2000::/3. requests-hardened 1.3 lets some of it through (measured):
# site-local fec0::/10, and ::/96 and ::ffff:0:0:0/96, which hide a v4 address.
MORE_NETWORKS = tuple(ipaddress.ip_network(each) for each in ("::/3", "4000::/2", "8000::/1"))
ip_filter.EXTRA_BLOCKED_NET_RANGES = tuple(
    dict.fromkeys((*ip_filter.EXTRA_BLOCKED_NET_RANGES, *MORE_NETWORKS))
)


@dataclass(frozen=True)
class Fetched:
    content: bytes
    content_type: str
    filename: str


def check(url: str, hosts: list[str] | None = None) -> str:
    """The host of an address that we may open, or Refused with the reason. No name is looked up."""
    allowed = settings.ALLOWED_IMAGE_HOSTS if hosts is None else hosts
    found = GRAMMAR.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        raise Refused("That is not a plain https address of a picture.")
    if found["host"] not in allowed:
        raise Refused(f"Pictures may not be fetched from {found['host']}.")
    return found["host"]


def fetch(url: str, *, hosts: list[str] | None = None, most: int | None = None) -> Fetched:
    """Download one picture: no redirect, at most `most` bytes (after decompression), 20 s in all.

    Refused for an address we may not open, GiveUp for an answer that will not get better,
    Retry for a time-out or a server's passing trouble.
    """
    check(url, hosts)
    limit = most or settings.MAX_UPLOAD_BYTES
    try:
        with _session() as session:
            answer = session.get(url, stream=True, allow_redirects=False)
            with answer:
                _accept(answer)
                content = _read(answer, limit)
    except InvalidIPAddress as error:
        raise Refused("That host leads to a private address.") from error
    except (requests.RequestException, HTTPError) as error:
        # What goes wrong after the head is told by urllib3 itself: we read its raw stream.
        raise Retry(f"The picture's server did not answer: {type(error).__name__}.") from error
    name = urlsplit(url).path.rsplit("/", 1)[-1] or "picture"
    return Fetched(content, answer.headers.get("Content-Type", ""), name)


def _session() -> HTTPSession:
    session = HTTPSession(
        Config(
            never_redirect=True,
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=False,
            ip_filter_tls_sni_support=True,
            default_timeout=(CONNECT_SECONDS, READ_SECONDS),
            user_agent_override="Carousel",
        )
    )
    session.trust_env = False  # a proxy of the environment would undo the pinning
    return session


def _accept(answer: requests.Response) -> None:
    if answer.status_code in {408, 425, 429} or answer.status_code >= 500:
        raise Retry(f"The picture's server answered {answer.status_code}.")
    if answer.status_code != 200:
        raise GiveUp(
            f"The picture's server answered {answer.status_code}; redirects are not followed."
        )
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise GiveUp(f"The address gives {kind or 'nothing'}, not a picture.")


def arriving(answer: requests.Response, most: int) -> Iterator[bytes]:
    """The body as it comes, decompressed, at most so many bytes at once.

    read1 returns what is there; iter_content would wait for a whole chunk of one byte a second.
    """
    while chunk := answer.raw.read1(most, decode_content=True):
        yield chunk


def _read(answer: requests.Response, limit: int) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    content = bytearray()
    for chunk in arriving(answer, CHUNK):
        content += chunk
        if len(content) > limit:
            raise GiveUp(f"The picture is over {limit // 1024 // 1024} MB.")
        if time.monotonic() > deadline:
            raise Retry(f"The picture took over {TOTAL_SECONDS} seconds.")
    return bytes(content)


def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
    """POST to a receiver that a tenant named, and give back the status; the answer is not read.

    Any public https host will do, and those of PRIVATE_RECEIVERS ("host:port") also over http.
    GiveUp for an address we may not open, Retry when nobody answers in time.
    """
    internal = _is_private_receiver(url)
    if not internal and (len(url) > LONGEST or not GRAMMAR.fullmatch(url)):
        raise GiveUp("That is not a plain https address.")
    try:
        with _plain_session() if internal else _session() as session:
            timeout = (CONNECT_SECONDS, POST_SECONDS)
            options: Any = {"data": body, "headers": headers, "timeout": timeout, "stream": True}
            with session.post(url, allow_redirects=False, **options) as answer:
                return int(answer.status_code)
    except InvalidIPAddress as error:
        raise GiveUp("That host leads to a private address.") from error
    except requests.RequestException as error:
        raise Retry(f"The receiver did not answer: {type(error).__name__}.") from error


def _is_private_receiver(url: str) -> bool:
    try:
        return urlsplit(url).netloc in settings.PRIVATE_RECEIVERS
    except ValueError:
        return False


def _plain_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
