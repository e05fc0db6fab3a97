"""The smoke test against a really running web server, and against one that is not well."""

import pytest
from django.core.management import call_command

from carousel.ops import smoke

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("services"),
]


def test_the_six_questions_are_answered(live_server, capsys):
    call_command("smoke", live_server.url)

    told = capsys.readouterr().out
    assert [line.split()[:2] for line in told.splitlines()] == [
        ["pass", name] for name in ("health", "sign-in", "static", "api", "doors", "tracing")
    ]


def test_a_site_that_is_away_fails_all_six():
    with pytest.raises(SystemExit) as end:
        call_command("smoke", "http://127.0.0.1:1")

    assert end.value.code == 1


def test_a_dry_run_asks_nothing(capsys):
    call_command("smoke", "http://127.0.0.1:1", "--dry-run", "--upload", "demo")

    assert len(capsys.readouterr().out.splitlines()) == 7


def test_an_open_door_is_a_failure(live_server, monkeypatch):
    monkeypatch.setattr("carousel.ops.views.settings.METRICS_TOKEN", "")
    answers = smoke.ask(
        live_server.url, {"doors": lambda site: smoke._get(site, "/ops/", 401).text}
    )

    assert [answer.detail for answer in answers] == ["/ops/ answered 302, not 401"]
