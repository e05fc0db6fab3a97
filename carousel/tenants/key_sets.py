"""The key set of an OpenID issuer, read within limits of size and time.

PyJWT by itself reads on for as long as bytes keep coming, holding a lock that everybody's token
waits for, and asks again at once when that failed.
"""

import json
import logging
import math
import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import jwt
import requests
from urllib3.exceptions import HTTPError

from carousel import counters
from carousel.fetching import arriving

log = logging.getLogger(__name__)

SECONDS = 3
COUNTER = "key-set"
"""What is counted for the alarm."""
MOST = 256 * 1024
"""Bytes, after decompression. Two keys of Cognito are 1 KB; the largest sets in use are 20 KB."""
CHUNK = 16 * 1024


class KeySet(jwt.PyJWKClient):
    """Keys live for an hour. Whatever comes of it, the issuer is asked once in half a minute."""

    def __init__(self, url: str) -> None:
        super().__init__(url, lifespan=3600, timeout=SECONDS, cooldown_duration=30)
        self._failed_at = -math.inf

    def fetch_data(self) -> Any:
        """The keys as the issuer tells them now. PyJWTError or ValueError when it does not."""
        moment = time.monotonic()
        if moment - self._failed_at < self.cooldown_duration:
            raise jwt.PyJWKClientConnectionError("it failed a moment ago")
        self._failed_at = moment
        try:
            told = self._as_jwk_set_payload(json.loads(read(self.uri)))
            found = jwt.PyJWKSet.from_dict(told)
        except Exception as error:
            log.warning("The issuer's key set was not read: %s", error)
            counters.count(COUNTER, failed=True)
            raise
        self._failed_at, self._last_successful_fetch = -math.inf, time.monotonic()
        return found


def read(url: str) -> bytes:
    """What this address gives, within SECONDS and MOST, or PyJWKClientConnectionError.

    In a thread, since a time-out of a socket starts anew with each byte, and a name being looked up
    has none. One that is given up ends by itself: with its peer, or at its next byte of the body.
    """
    answers: SimpleQueue[bytes | Exception] = SimpleQueue()
    Thread(target=_answer, args=(url, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS)
    except Empty:
        raise jwt.PyJWKClientConnectionError(f"it took over {SECONDS} seconds") from None
    if isinstance(answer, Exception):
        raise jwt.PyJWKClientConnectionError(str(answer)) from answer
    return answer


def _answer(url: str, answers: "SimpleQueue[bytes | Exception]") -> None:
    try:
        answers.put(_content(url))
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        answers.put(error)


def _content(url: str) -> bytes:
    deadline, content = time.monotonic() + SECONDS, bytearray()
    with requests.get(url, stream=True, allow_redirects=False, timeout=SECONDS) as answer:
        if answer.status_code != requests.codes.ok:
            raise ValueError(f"it answered {answer.status_code}")
        for chunk in arriving(answer, CHUNK):
            content += chunk
            if len(content) > MOST:
                raise ValueError(f"it is over {MOST // 1024} KB")
            if time.monotonic() > deadline:
                break
    return bytes(content)
