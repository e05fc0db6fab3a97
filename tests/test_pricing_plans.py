"""What follows from a price: how long it takes to sell, mark-downs, arms, the automatic lane."""

import math
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.utils.timezone import now

from carousel.models import Event
from carousel.tenants.options import TenantOptions
from pricing import (
    automatic,
    backtesting,
    deciding,
    explaining,
    lessons,
    markdown,
    nightly,
    quoting,
)
from pricing.evidence import Rules
from pricing.experiments import compare
from pricing.explaining import Facts
from pricing.models import Decision, Lesson
from pricing.strategies import Strategy, choose
from pricing.velocity import Pace, Stay, backtest, estimate, learn
from tests.makers import make_tenant, make_user
from tests.pricing_makers import make_sale
from tests.test_pricing_quoting import make_item, make_sales

ANY = ((None, 1),)
LANE = {"price_auto_accept": True, "price_auto_audit": 1.0, "price_auto_confidence": 0.5}


def stays(number: int = 600, median: float = 20, slope: float = 2.0) -> list[Stay]:
    random = np.random.default_rng(4)
    dear = random.normal(0, 0.3, number)
    logs = math.log(median) + slope * dear + 0.6 * random.standard_normal(number)
    return [Stay("hats", math.exp(log), d) for log, d in zip(logs, dear, strict=True)]


# Days to sell.


def test_the_pace_of_a_shop_is_found():
    pace = learn(stays())["hats"]

    assert pace.median == pytest.approx(20, rel=0.1)
    assert pace.elasticity == pytest.approx(2.0, abs=0.3)


def test_the_interval_holds_80_percent_of_sales_it_has_not_seen():
    found = stays()

    judged = backtest(found[:400], found[400:])

    assert judged.sales == 200
    assert 0.72 <= judged.coverage_80 <= 0.88


def test_few_sales_say_nothing_about_days():
    assert learn(stays(14)) == {}
    assert estimate(None) == {}
    assert backtest([], stays(20)) is None


def test_what_is_dear_takes_longer():
    pace = Pace(20, 0.6, 2.0, 100)

    assert estimate(pace)["median"] == 20
    assert estimate(pace, math.log(1.5))["median"] == 45
    assert pace.sold_by(30) > pace.sold_by(30, math.log(1.5))


# The ladder.


def test_the_ladder_has_the_planned_prices_and_the_chance_of_each():
    pace = Pace(30, 1.0, 0.0, 100)

    ladder = markdown.simulate(10_000, [(30, 20), (60, 50)], pace, ANY, end=90)

    assert [(rung.day, rung.price) for rung in ladder.rungs] == [
        (0, 10_000), (30, 8_000), (60, 5_000),
    ]  # fmt: skip
    assert ladder.rungs[0].sold == pytest.approx(0.5)
    assert ladder.expected == pytest.approx(
        0.5 * 10_000 + (pace.after(60) - 0.5) * 8_000 + (pace.after(90) - pace.after(60)) * 5_000
    )


def test_a_mark_down_sells_sooner_than_waiting():
    pace = Pace(60, 0.8, 2.0, 100)

    waiting, falling = (
        markdown.simulate(10_000, steps, pace, ANY, end=90) for steps in ([], [(30, 30)])
    )

    assert falling.rungs[-1].sold > waiting.rungs[-1].sold


def test_a_mark_down_never_raises_a_price_and_needs_no_pace():
    ladder = markdown.simulate(1_000, [(10, 0.1), (20, 40), (30, 20)], None, ((None, 100),))

    prices = [rung.price for rung in ladder.rungs]
    assert prices == sorted(prices, reverse=True)
    assert [rung.sold for rung in ladder.rungs] == [None] * 4
    assert ladder.expected is None


# Arms.


def test_an_item_always_gets_the_same_arm_and_shares_are_kept():
    arms = [Strategy("bold", 3), Strategy("calm", 1)]

    chosen = [choose(arms, f"item-{n}").name for n in range(4_000)]

    assert chosen == [choose(arms, f"item-{n}").name for n in range(4_000)]
    assert chosen.count("bold") / 4_000 == pytest.approx(0.75, abs=0.03)
    assert choose([], "item") is None


def test_an_arm_changes_only_what_may_be_tuned():
    rules = Strategy("odd", 1, {"half_life_days": 10, "minimum": 0, "top": 5.0}).applied(Rules())

    assert (rules.half_life_days, rules.minimum, rules.top) == (10, 3, 5)


def test_an_arm_is_reported_with_its_interval_or_not_at_all():
    assert compare("thin", 9, [0.0] * 4).ratio is None

    arm = compare("bold", 20, [math.log(1.1), math.log(0.9)] * 5)

    assert arm.low < arm.ratio < arm.high
    assert arm.sold == 10


# The automatic lane.


@pytest.mark.django_db
def test_nothing_is_accepted_automatically_unless_the_shop_says_so():
    make_sales([4_000] * 14)

    assert automatic.consider(quoting.quote(make_item())) is None
    assert Decision.objects.count() == 0


@pytest.mark.django_db
def test_the_lane_accepts_within_its_limits_and_draws_some_for_a_second_look():
    tenant = make_tenant(settings=LANE)
    make_sales([4_000] * 14)
    quote = quoting.quote(make_item(tenant))

    made = [automatic.consider(quote), automatic.consider(quote)]

    assert (made[0].kind, made[0].price, made[0].by, made[0].to_audit) == (
        "automatic", 4_000, None, True,
    )  # fmt: skip
    assert made[1] == made[0]
    assert Decision.objects.count() == 1
    quote.product.refresh_from_db()
    assert "price" not in quote.product.edited_fields


@pytest.mark.parametrize(
    "changed",
    [
        {"price": None}, {"price": 20_001}, {"confidence": 0.74}, {"effective": 4.9},
    ],
)  # fmt: skip
def test_what_is_outside_the_limits_waits_for_a_person(changed):
    options = TenantOptions(price_auto_accept=True)
    quote = {"price": 20_000, "confidence": 0.75, "effective": 5.0}

    assert automatic.allows(options, SimpleNamespace(**quote))
    assert not automatic.allows(options, SimpleNamespace(**quote | changed))


@pytest.mark.django_db
def test_an_audit_is_answered_once():
    tenant = make_tenant(settings=LANE)
    make_sales([4_000] * 14)
    decision = automatic.consider(quoting.quote(make_item(tenant)))

    automatic.audit(decision, make_user(), ok=False)
    automatic.audit(decision, make_user(), ok=True)

    decision.refresh_from_db()
    assert decision.audit_ok is False


# Words.


def make_facts(**fields) -> Facts:
    lines = [
        {"name": "base", "factor": 1.0, "after": 5_000.0},
        {"name": "season", "factor": 1.1, "after": 5_500.0},
        {"name": "condition", "factor": 0.9, "after": 4_950.0},
        {"name": "trend", "factor": 1.001, "after": 4_955.0},
    ]
    values = {
        "currency": "ISK", "price": 5_000, "low": 4_000, "high": 6_000, "silence": "",
        "lines": lines, "used": 7, "struck": 1, "pictured": 7, "hint": {},
    }  # fmt: skip
    return Facts(**values | fields)


def test_the_explanation_says_what_moved_the_price_and_nothing_else():
    words = explaining.explain(make_facts())

    assert words == (
        "7 similar sales, 7 of them by picture, sold for 5,000 ISK on average."
        " The season raises it (+10%) and its condition is worse than theirs (-10%)."
        " 1 struck by staff. Eight of ten such items sell between 4,000 ISK and 6,000 ISK."
    )


def test_the_icelandic_explanation_has_its_letters():
    words = explaining.explain(make_facts(), "is")

    assert "árstíminn hækkar það" in words.lower()
    assert "ástandið er verra en þeirra" in words


@pytest.mark.parametrize("silence", ["no_category", "no_sales", "too_few", "too_wide"])
def test_every_silence_has_a_sentence_in_both_languages(silence):
    facts = make_facts(price=None, silence=silence, hint={"median": 3_900, "sales": 12})

    assert explaining.explain(facts).endswith("The category's median is 3,900 ISK (12 sales).")
    assert explaining.explain(facts, "is").endswith("Miðgildi flokksins er 3,900 ISK (12 sölur).")


# The night.


def test_overrides_propose_only_when_most_decisions_agree():
    dearer = [("hats", 1_200, 1_000)] * 8
    mixed = [("shoes", 1_200, 1_000)] * 3 + [("shoes", 1_000, 1_000)] * 9

    [proposal] = nightly.proposals([*dearer, *mixed, ("bags", 2_000, 1_000)])

    assert proposal["words"] == "Hats: staff's prices are 20% above the suggestions (8 decisions)."


@pytest.mark.django_db
def test_the_night_learns_measures_once_a_week_and_keeps_the_figures():
    for number in range(60):
        make_sale(price=4_000 + number * 10, sold_at=now() - timedelta(days=number))
    tenant = make_tenant()

    said = [nightly.run(), nightly.run()]

    assert said == ["1 shops learned, 1 measured", "1 shops learned, 0 measured"]
    lesson = Lesson.objects.get(tenant=tenant, is_current=True)
    assert lesson.figures["sales"] == 60
    assert lessons.current(tenant).lesson_id == lesson.pk


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "told"), [(0.20, 1), (0.28, 0), (None, 0)])
def test_prices_that_got_worse_are_told(before, told):
    tenant = make_tenant()
    figures = {"mdape": 0.30, "before": before}
    Lesson.objects.create(tenant=tenant, currency="ISK", figures=figures)

    nightly.note_drift(tenant)

    found = [event.data for event in Event.objects.filter(kind="price.drift")]
    assert found == [{"before": 0.20, "after": 0.30}] * told


@pytest.mark.django_db
def test_a_measurement_knows_the_one_before_it():
    for number in range(60):
        make_sale(price=4_000 + number * 10, sold_at=now() - timedelta(days=number))
    Lesson.objects.create(tenant=make_tenant(), currency="ISK", figures={"mdape": 0.01})

    backtesting.of_tenant(make_tenant())

    assert Lesson.objects.get(is_current=True).figures["before"] == 0.01


@pytest.mark.django_db
def test_what_staff_decide_reaches_the_proposals():
    make_sales([4_000] * 8)
    for _ in range(8):
        product = make_item()
        quoting.quote(product)
        deciding.override(product, 5_000, make_user())
    lessons.teach(make_tenant())

    [proposal] = nightly.propose(make_tenant())

    assert (proposal["category"], proposal["n"], proposal["change"]) == ("women", 8, 0.25)
