"""What somebody names a thing is shown as written: no name becomes markup on any page."""

from html.parser import HTMLParser
from typing import Any

import pytest

from carousel.tenants import access
from pricing.models import Quote
from tests import world as worlds
from tests.makers import make_tenant, make_user
from tests.routes import routes

pytestmark = pytest.mark.django_db
PAYLOADS = (
    "<zz8>", "</title><zz8>", "'><zz8>", "\"><zz8>", "--><zz8>", "]]><zz8>", "</script><zz8>",
    "</textarea><zz8>", "</style><zz8>", "</option></select><zz8>", "</template><zz8>", "<zz8/x>",
    "\" onzz8=x a=\"", "' onzz8=x a='", "` onzz8=x a=`", " onzz8=x ", "/onzz8=x/", "\"onzz8=x",
    "javascript:zz8", "\tjavascript:zz8", "data:text/html,zz8", "{{ zz8 }}", "{% zz8 %}",
    "<img src=x onzz8=1>", "<svg/onzz8=1>", "<a href=javascript:zz8>", "<math><zz8>", "<!--<zz8>",
    "&lt;zz8&gt;<zz8>", "%3Czz8%3E<zz8>", "\\u003czz8\\u003e<zz8>", "＜zz8＞<zz8>", "\x0b<zz8>",
    "\" hx-get=\"/zz8\" a=\"", "\" hx-on:zz8=\"x\" a=\"", "\" data-zz8=\"x", "<hx-partial zz8>",
)  # fmt: skip
MARK = "zz8"
NAMES = [" ".join(PAYLOADS[start::10]) for start in range(10)]
"""Four payloads in each name."""


class Markup(HTMLParser):
    """Every element and attribute that a payload has made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if MARK in tag:
            self.made.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            runs = name in {"href", "src", "action", "formaction"} and address.startswith(
                ("javascript:", "data:text")
            )
            if MARK in name or runs or (name.startswith("hx-") and address == "/zz8"):
                self.made.append(f"{tag} {name}={value}")


def made_by(answer: Any) -> list[str]:
    if answer.streaming or "html" not in answer.get("Content-Type", ""):
        return []
    parser = Markup()
    parser.feed(answer.content.decode())
    return parser.made


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("name", NAMES, ids=range(10))
def test_a_name_is_only_ever_shown(client, monkeypatch, name):
    """Batch, file, item, category, group, book, sale, error, key: on every page there is."""
    monkeypatch.setattr(worlds, "SECRET", name)
    world = worlds.make_world(make_tenant("acme", name=name))
    Quote.objects.update(silence="too_few", price=None, low=None, high=None)
    staff = make_user("ada@example.com", world.tenant, full_name=name, role="admin")
    client.force_login(staff)
    seen, made = 0, []
    for route in routes():
        if route.is_api or route.name in access.OPEN:
            continue
        answer = client.get(world.address(route), {"q": name, "next": name})
        seen += MARK in str(getattr(answer, "content", b""))
        made += [(route.name, each) for each in made_by(answer)]

    assert made == []
    assert seen >= 15


def test_the_parser_sees_what_a_browser_would():
    parser = Markup()
    for payload in ("<zz8>", "<img src=x onzz8=1>", "<a href=javascript:zz8>"):
        parser.feed(payload)

    assert len(parser.made) == 3
