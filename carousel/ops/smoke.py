"""Six questions to a running site, put from outside over HTTP: after a deploy, or every minute.

The address is the operator's own word, so it does not go through the fetcher.
"""

import time
from collections.abc import Callable, Mapping

import requests

from carousel.errors import GiveUp
from carousel.ops.health import Check, tried

TIMEOUT = 10
Ask = Callable[[str], str]


def ask(site: str, questions: Mapping[str, Ask]) -> list[Check]:
    def put(question: Ask) -> Callable[[], str]:
        return lambda: question(site)

    return [tried(name, put(question)) for name, question in questions.items()]


def health(site: str) -> str:
    """Everything that it depends on is there."""
    answer = _get(site, "/health", 200)
    return ", ".join(check["name"] for check in answer.json()["checks"])


def sign_in(site: str) -> str:
    """The page for people comes, with its form and its locks."""
    answer = _get(site, "/sign-in/", 200)
    if "csrfmiddlewaretoken" not in answer.text:
        raise GiveUp("the sign-in page has no form")
    if "default-src 'none'" not in answer.headers.get("Content-Security-Policy", ""):
        raise GiveUp("the page has no Content-Security-Policy")
    return f"{answer.elapsed.total_seconds() * 1000:.0f} ms"


def static(site: str) -> str:
    """The styles that the page names can be had, or it would be bare."""
    page = _get(site, "/sign-in/", 200).text
    path = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    return f"{len(_get(site, path, 200).content)} bytes of {path}"


def api(site: str) -> str:
    """The API describes itself."""
    return f"{len(_get(site, '/api/v1/openapi.json', 200).json()['paths'])} addresses"


def doors(site: str) -> str:
    """Nobody gets in without a key."""
    for path in ("/api/v1/products", "/metrics"):
        _get(site, path, 401)
    _get(site, "/ops/", 302)
    return "closed without a key"


def tracing(site: str) -> str:
    """The id that we send comes back, so that the log can be searched for it."""
    name = f"smoke-{int(time.time())}"
    if (got := _get(site, "/health/live", 200, name).headers.get("X-Request-ID")) != name:
        raise GiveUp(f"sent the id {name}, got {got}")
    return name


def _get(site: str, path: str, status: int, request_id: str = "") -> requests.Response:
    headers = {"X-Request-ID": request_id} if request_id else {}
    answer = requests.get(f"{site}{path}", headers=headers, timeout=TIMEOUT, allow_redirects=False)
    if answer.status_code != status:
        raise GiveUp(f"{path} answered {answer.status_code}, not {status}")
    return answer


CHECKS: dict[str, Ask] = {
    "health": health,
    "sign-in": sign_in,
    "static": static,
    "api": api,
    "doors": doors,
    "tracing": tracing,
}
"""The six."""
