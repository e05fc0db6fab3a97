"""Chains: who is asked, what is written down, and how fast."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from carousel.errors import GiveUp, Retry
from imaging.inference import bedrock, budget, chains, prices, routing
from imaging.inference.answers import Telling, Told
from imaging.models import ModelCall
from imaging.words.facts import Facts
from tests.makers import make_photo, make_tenant
from tests.test_inference_bedrock import MISTRAL, TITAN_TEXT, body, converse_reply, stub

__all__ = ["stub"]
TELLING = Telling(Facts(item="bag", colours=("black",)), "en")


@pytest.fixture
def cloud(settings: Any, stub: Any) -> Any:
    """The description chain of the sources, then the local grammar."""
    chain = f"bedrock/{MISTRAL} > bedrock/{TITAN_TEXT} > local/grammar-1"
    settings.INFERENCE = settings.INFERENCE | {"describe": chain}
    return stub


@pytest.mark.django_db
def test_the_first_choice_answers_and_is_written_down(cloud):
    cloud.add_response("converse", converse_reply('{"title": "Bag", "text": "A black bag."}'))

    made = ask()

    assert (made.model, made.by_fallback, made.locally) == (MISTRAL, False, False)
    [call] = ModelCall.objects.all()
    assert (call.provider, call.outcome, call.position) == ("bedrock", "ok", 0)
    assert (call.tokens_in, call.tokens_out) == (1200, 80)
    assert call.cost_micro_usd == 4800 + 960


@pytest.mark.django_db
def test_a_throttled_first_choice_hands_over_to_the_fallback(cloud):
    cloud.add_client_error("converse", "ThrottlingException", "slow down")
    text = json.dumps({"title": "Bag", "text": "A black bag."})
    reply = {"inputTextTokenCount": 100, "results": [{"tokenCount": 50, "outputText": text}]}
    cloud.add_response("invoke_model", body(reply))

    made = ask()

    assert (made.model, made.by_fallback) == (TITAN_TEXT, True)
    calls = ModelCall.objects.order_by("position")
    assert [(c.outcome, c.position) for c in calls] == [("retry", 0), ("ok", 1)]
    assert calls[0].error == "ThrottlingException: slow down"
    assert calls[1].cost_micro_usd == 20 + 30


@pytest.mark.django_db
def test_when_the_cloud_is_away_the_answer_is_local_and_says_so(cloud):
    cloud.add_client_error("converse", "ServiceUnavailableException")
    cloud.add_client_error("invoke_model", "ThrottlingException")

    made = ask()

    assert (made.model, made.version) == ("local-describe", "grammar-1")
    assert made.locally and made.by_fallback
    assert isinstance(made.value, Told) and "lack bag" in made.value.text


@pytest.mark.django_db
def test_a_wrong_question_stops_the_chain(cloud):
    cloud.add_client_error("converse", "ValidationException", "no")

    with pytest.raises(GiveUp):
        ask()

    assert [c.outcome for c in ModelCall.objects.all()] == ["gave_up"]


@pytest.mark.django_db
def test_when_all_fail_for_now_the_question_waits(cloud, settings):
    settings.INFERENCE = settings.INFERENCE | {"describe": f"bedrock/{MISTRAL}"}
    cloud.add_client_error("converse", "ThrottlingException", "slow down")

    with pytest.raises(Retry, match="slow down"):
        ask()


@pytest.mark.django_db
def test_a_re_run_asks_the_chosen_version_only(settings):
    made = chains.ask("describe", TELLING, make_tenant(), None, only="local/grammar-1")

    assert made.version == "grammar-1" and not made.by_fallback
    with pytest.raises(GiveUp, match="grammar-9"):
        chains.ask("describe", TELLING, make_tenant(), None, only="local/grammar-9")


@pytest.mark.django_db
def test_each_side_of_a_test_names_its_version(settings):
    test = "local/vote-1@0.5 | local/vote-2@0.5"
    settings.INFERENCE = settings.INFERENCE | {"classify": test}
    photos = [make_photo() for _ in range(12)]

    for photo in photos * 2:
        chains.ask("classify", LOOK, photo.tenant, photo.pk)

    arms = dict.fromkeys(photo.pk for photo in photos)
    for call in ModelCall.objects.all():
        assert call.arm == f"local/{call.version}"
        assert arms[call.subject_id] in (None, call.arm)
        arms[call.subject_id] = call.arm
    assert set(arms.values()) == {"local/vote-1", "local/vote-2"}


def test_shares_are_kept_by_many_subjects():
    chain = routing.parse("local/a@0.2 | local/b@0.8 > local/c")

    first = [routing.route(chain, "x", str(n))[0] for n in range(5000)]

    assert 0.18 < first.count("local/a") / 5000 < 0.22
    assert routing.route(chain, "x", "7") == routing.route(chain, "x", "7")


@pytest.mark.parametrize("text", ["", "a", "local/a@x", "local/a@0.5", "local/a > ", "a|b"])
def test_a_chain_that_cannot_be_read_is_refused(text):
    with pytest.raises(routing.BadChain):
        routing.parse(text)


@pytest.mark.parametrize(
    ("model", "tokens", "images", "micro_usd"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", (1000, 100), 0, 3000 + 1500),
        ("eu.anthropic.claude-3-haiku-20240307-v1:0", (1000, 1000), 0, 250 + 1250),
        ("amazon.titan-embed-image-v1", (0, 0), 1, 60),
        ("amazon.nova-lite-v1:0", (10, 0), 0, 1),
        ("local-describe", (1000, 1000), 5, 0),
    ],
)
def test_a_call_costs_by_the_price_list(model, tokens, images, micro_usd):
    assert prices.cost(model, *tokens, images) == micro_usd


def test_a_shop_may_name_its_own_prices():
    known = prices.known({"mistral.mistral-large": [1, 2, 0]})

    assert prices.cost("mistral.mistral-large-2402-v1:0", 1000, 1000, 0, known) == 3


@pytest.mark.django_db
def test_the_cost_of_a_day_is_counted_by_task_and_tenant():
    for tenant, cost in (("acme", 10), ("acme", 5), ("rival", 99)):
        ModelCall.objects.create(
            tenant=make_tenant(tenant), capability="describe", provider="bedrock", model=MISTRAL,
            ms=1, tokens_in=2, tokens_out=1, cost_micro_usd=cost, outcome="ok",
        )  # fmt: skip

    spent = budget.daily_cost(make_tenant("acme"), datetime.now(UTC).date())

    assert spent == {"describe": {"calls": 2, "tokens": 6, "micro_usd": 15}}


SPEND = """
import os, sys, time, django
os.environ["DJANGO_SETTINGS_MODULE"] = "carousel.settings"
django.setup()
from imaging.inference import budget
for _ in range(int(sys.argv[2])):
    budget.wait_for_turn(sys.argv[1], patience=30)
    print(time.time(), flush=True)
"""


def test_all_workers_together_ask_a_provider_fifty_times_a_second(services, settings):
    command = [sys.executable, "-c", SPEND, f"load-{time.time()}", "40"]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    times = sorted(float(line) for w in workers for line in w.communicate()[0].split())

    assert len(times) == 160
    busiest = max(sum(t <= u < t + 0.8 for u in times) for t in times)
    assert busiest <= 50


def test_a_turn_that_does_not_come_moves_on(services, settings):
    settings.PROVIDER_REQUESTS_PER_SECOND = 1
    account = f"slow-{time.time()}"
    budget.wait_for_turn(account)

    with pytest.raises(Retry, match="too many"):
        budget.wait_for_turn(account, patience=0.1)


def ask() -> chains.Made:
    return chains.ask("describe", TELLING, make_tenant(), None)


LOOK = bedrock.Look(picture=b"", cutout=None)
