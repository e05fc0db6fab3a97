"""The tables and plots of the ops page, on rows whose figures are known."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp
from carousel.models import Sample
from carousel.ops import answers, charts, panels, readiness, samples
from carousel.ops.models import Schedule
from imaging.inference.models import ModelCall
from imaging.inference.panels import by_day, by_month, by_provider
from imaging.jobs.models import Step
from imaging.jobs.panels import errors, pricing
from tests.makers import make_step, make_tenant
from tests.test_ops import make_operator

pytestmark = pytest.mark.django_db


def test_prices_show_their_mean_and_95th_percentile():
    for ms in (*[100] * 19, 500):
        make_step("price", state="done", finished_at=now(), duration_ms=ms)

    [(_, count, mean, most)] = pricing().rows

    assert (count, mean, most) == (20, "120", "120")


def test_errors_are_a_share_of_what_ended():
    for state in ("done", "done", "done", "dead"):
        make_step("cutout", state=state, finished_at=now())

    panel = errors()

    assert panel.rows == [(1, 4)]
    assert "highest 25" in panel.plot


def test_costs_are_told_by_day_and_by_month():
    common = {"tenant": make_tenant(), "capability": "describe", "provider": "bedrock",
              "model": "m", "ms": 1, "outcome": "ok"}  # fmt: skip
    ModelCall.objects.create(**common, cost_micro_usd=20_000)
    old = ModelCall.objects.create(**common, cost_micro_usd=5_000)
    ModelCall.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=40))

    assert by_day().rows == [("describe", "Acme", 1, "0.0200")]
    assert by_month().rows == [("describe", "Acme", 1, "0.0200")]
    assert by_month().plot.count("<rect") == 2


def test_the_stores_size_is_drawn_over_time():
    for hours, size in ((2, 1e6), (1, 3e6)):
        sample = Sample.objects.create(name=samples.EVERYTHING, value=size)
        Sample.objects.filter(pk=sample.pk).update(created_at=now() - timedelta(hours=hours))

    panel = panels.stored_bytes()

    assert panel.rows == [("Everything", "2.9")]
    assert "highest 3M, last 3M" in panel.plot


def test_the_whole_store_is_listed_once_an_hour(services):
    samples.take()
    samples.take()

    assert Sample.objects.filter(name=samples.EVERYTHING).count() == 1
    assert Sample.objects.filter(name="bytes.temp").count() == 2


def test_a_percentile_is_the_bound_that_holds_it():
    fast = answers.Answers("page", {0.1: 98, 0.5: 99, 1.0: 100, float("inf"): 100})
    slow = answers.Answers("page", {10.0: 1, float("inf"): 100})

    assert (fast.shown(0.5), fast.shown(0.99), slow.shown(0.99)) == ("≤ 0.1", "≤ 0.5", "> 10")


def test_numbers_on_a_plot_are_short():
    assert [charts.short(n) for n in (0, 0.123456, 950, 1234, 3_400_000)] == [
        "0", "0.123", "950", "1.23k", "3.4M",
    ]  # fmt: skip


def test_the_readiness_page_is_made_from_real_checks(client, services):
    client.force_login(make_operator())

    page = client.get("/ops/readiness/").content.decode()

    assert "nobody works on books.llm" in page
    assert "SECRET_KEY is the demo&#x27;s" in page
    assert 'style="' not in page
    assert Step.objects.count() == 0


def test_a_schedule_is_not_late_before_it_has_had_the_time_to_run(services):
    Schedule.objects.create(name="sweep")
    assert readiness.schedules() == f"{len(wiring.SCHEDULE)} known, none overdue"

    Schedule.objects.update(created_at=now() - timedelta(seconds=901))
    with pytest.raises(GiveUp, match=r"overdue or never run: .*samples"):
        readiness.schedules()


def test_each_model_shows_how_long_it_takes_and_how_often_it_fails():
    common = {"tenant": make_tenant(), "capability": "classify", "provider": "bedrock"}
    for ms, outcome in ((300, "ok"), (500, "ok"), (900, "retry")):
        ModelCall.objects.create(**common, model="sonnet", version="v2", ms=ms, outcome=outcome)
    local = common | {"provider": "local", "model": "local-classify", "version": "vote-1"}
    ModelCall.objects.create(**local, ms=40, outcome="ok")
    old = ModelCall.objects.create(**common, model="haiku", ms=1, outcome="ok")
    ModelCall.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=2))

    assert by_provider().rows == [
        ("classify", "bedrock/sonnet", 3, "500", "860", 1),
        ("classify", "local/vote-1", 1, "40", "40", 0),
    ]
