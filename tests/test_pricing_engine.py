"""The price engine: examples worked out by hand, and promises that hold for any sales at all."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.products.models import Condition
from pricing import engine
from pricing.evidence import Calibration, Effects, Evidence, Item, Rules, Suggestion
from pricing.traits import CONDITIONS, DEFAULT_OFFSETS

TODAY = 20_000.0
RULES = Rules(currency="EUR", points=((None, 1),))  # every cent is a price point: exact sums
PLAIN = Item(day=TODAY)


def sold(key: str, price: int, similarity: float = 0.9, age: float = 10, **more) -> Evidence:
    return Evidence(key, price, "EUR", TODAY - age, similarity, **more)


effects = st.builds(
    Effects,
    traits=st.floats(-1, 1),
    season=st.floats(-0.3, 0.3),
    trend=st.floats(-0.3, 0.3),
    condition=st.sampled_from(sorted(DEFAULT_OFFSETS.values())),
)
sales = st.lists(
    st.builds(
        Evidence,
        key=st.uuids().map(str),
        price=st.integers(100, 10_000_000),
        currency=st.just("EUR"),
        day=st.floats(TODAY - 100, TODAY),
        similarity=st.floats(0.5, 1.0),
        effects=effects,
    ),
    min_size=3,
    max_size=30,
    unique_by=lambda sale: sale.key,
)
items = st.builds(
    Item,
    day=st.just(TODAY),
    effects=effects,
    quality=st.none() | st.floats(0, 1),
    general=st.none() | st.floats(4, 16),
)
wild = st.builds(
    Evidence,
    key=st.text(max_size=3),
    price=st.integers(-(10**12), 10**15),
    currency=st.sampled_from(["EUR", "ISK"]),
    day=st.floats(TODAY - 1000, TODAY + 1000),
    similarity=st.floats(allow_nan=True, allow_infinity=True),
    effects=st.builds(Effects, traits=st.floats(-40, 40)),
)


def two(low: float, high: float):
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted)


def test_the_weighted_mean_matches_one_worked_out_by_hand():
    """Ages 0, 45 and 90 days weigh 1, 1/2 and 1/4; times similarity: .80, .45 and .25.

    100.00 x 2^((.80 x 0 + .45 x 1 + .25 x 2) / 1.50) = 100.00 x 2^.63333 = 155.11.
    """
    evidence = [sold("a", 10_000, 0.8, 0), sold("b", 20_000, 0.9, 45), sold("c", 40_000, 1.0, 90)]

    suggestion = engine.suggest(PLAIN, evidence, RULES)

    assert [round(each.weight, 12) for each in suggestion.used] == [0.25, 0.45, 0.8]
    assert suggestion.price == 15_511


def test_each_adjustment_is_a_line_of_its_own_and_they_multiply_to_the_price():
    item = Item(
        day=TODAY,
        effects=Effects(math.log(1.5), math.log(1.1), math.log(1.02), math.log(0.8)),
        quality=1.0,
    )

    suggestion = engine.suggest(item, [sold(key, 10_000) for key in "abc"], RULES)

    assert [(line.name, round(line.factor, 6), round(line.after)) for line in suggestion.lines] == [
        ("base", 1.0, 10_000),
        ("traits", 1.5, 15_000),
        ("season", 1.1, 16_500),
        ("trend", 1.02, 16_830),
        ("condition", 0.8, 13_464),
        ("general", 1.0, 13_464),
        ("quality", 1.05, 14_137),
        ("rounding", round(14_137 / 14_137.2, 6), 14_137),
    ]


def test_a_sale_of_day_90_counts_and_one_of_day_91_never_does():
    evidence = [sold("a", 100, age=90), sold("b", 100, age=91), sold("c", 100), sold("d", 100)]

    suggestion = engine.suggest(PLAIN, evidence, RULES)

    assert [each.key for each in suggestion.used] == ["c", "d", "a"]
    assert [(each.key, each.excluded) for each in suggestion.comparables[3:]] == [("b", "window")]


def test_a_similarity_of_exactly_70_percent_is_not_enough():
    evidence = [sold("a", 100, 0.70), *(sold(key, 100, 0.7001) for key in "bcd")]

    suggestion = engine.suggest(PLAIN, evidence, RULES)

    assert {each.key for each in suggestion.used} == {"b", "c", "d"}
    assert suggestion.comparables[-1].excluded == "similarity"


def test_never_more_than_twenty_are_used_and_the_rest_say_why():
    evidence = [sold(f"{n:02}", 100, 0.99 - n / 1000) for n in range(25)]

    suggestion = engine.suggest(PLAIN, evidence, RULES)

    assert [each.key for each in suggestion.used] == [f"{n:02}" for n in range(20)]
    assert [each.excluded for each in suggestion.comparables[20:]] == ["beyond"] * 5


def test_two_sales_make_no_price():
    suggestion = engine.suggest(PLAIN, [sold("a", 100), sold("b", 100)], RULES)

    assert (suggestion.price, suggestion.silence, len(suggestion.used)) == (None, "too_few", 2)


def test_no_sales_make_no_price():
    assert engine.suggest(PLAIN, [], RULES).silence == "no_sales"


def test_sales_that_disagree_wildly_make_no_price():
    evidence = [sold("a", 100), sold("b", 10_000), sold("c", 1_000_000)]

    assert engine.suggest(PLAIN, evidence, RULES).silence == "too_wide"


def test_a_price_ten_times_the_others_is_left_out_with_the_reason():
    evidence = [*(sold(key, 1_000 + n) for n, key in enumerate("abcde")), sold("slip", 10_000)]

    suggestion = engine.suggest(PLAIN, evidence, RULES)

    assert suggestion.comparables[-1].excluded == "outlier"
    assert suggestion.comparables[-1].key == "slip"
    assert suggestion.price == 1_002


def test_currencies_never_mix():
    kronur = replace(sold("k", 5_000), currency="ISK")

    suggestion = engine.suggest(PLAIN, [*(sold(key, 100) for key in "abc"), kronur], RULES)

    assert suggestion.price == 100
    assert [each.key for each in suggestion.comparables if each.excluded == "currency"] == ["k"]


def test_striking_a_sale_moves_the_price_by_the_amount_worked_out_by_hand():
    evidence = [sold("a", 10_000), sold("b", 10_000), sold("c", 10_000), sold("d", 16_000)]
    struck = [*evidence[:3], replace(evidence[3], struck="another model")]

    before, after = (engine.suggest(PLAIN, each, RULES) for each in (evidence, struck))

    assert before.price == 11_247  # (10,000^3 x 16,000)^(1/4)
    assert after.price == 10_000
    assert after.comparables[-1].reason == "another model"


def test_few_comparables_are_drawn_to_the_general_level():
    """3 sales of weight 1 against a prior worth 2: 3/5 of the way in log space."""
    rules = replace(RULES, prior_weight=2)
    evidence = [sold(key, 10_000, 1.0, 0) for key in "abc"]

    suggestion = engine.suggest(replace(PLAIN, general=math.log(20_000)), evidence, rules)

    assert suggestion.price == round(math.exp(0.6 * math.log(10_000) + 0.4 * math.log(20_000)))


def test_kronur_have_no_decimals_and_their_own_price_points():
    evidence = [replace(sold(key, 4_233), currency="ISK") for key in "abc"]

    suggestion = engine.suggest(PLAIN, evidence, Rules(currency="ISK"))

    assert (suggestion.price, suggestion.low % 100, suggestion.high % 100) == (4_200, 0, 0)


def test_the_conditions_are_the_six_of_the_marketplace():
    assert list(CONDITIONS) == Condition.values


@given(items, sales)
def test_a_better_condition_never_costs_less(item, evidence):
    prices = [
        engine.suggest(
            replace(item, effects=replace(item.effects, condition=DEFAULT_OFFSETS[name])), evidence
        )
        for name in CONDITIONS
    ]

    known = [each.unrounded for each in prices if each.price]
    assert len(known) in (0, 6)
    assert known == sorted(known, reverse=True)
    assert [each.price for each in prices if each.price] == sorted(
        [each.price for each in prices if each.price], reverse=True
    )


@given(two(0.7, 1), two(0, 90))
def test_more_recent_or_more_similar_never_weighs_less(similarities, ages):
    (one, other), (age, older) = similarities, ages
    rules = Rules()

    assert engine.weight(sold("a", 1, one), TODAY, rules) <= engine.weight(
        sold("a", 1, other), TODAY, rules
    )
    assert engine.weight(sold("a", 1, one, older), TODAY, rules) <= engine.weight(
        sold("a", 1, one, age), TODAY, rules
    )


@given(items, sales, st.integers(2, 1000))
def test_scaling_all_sales_scales_the_price(item, evidence, times):
    general = None if item.general is None else item.general + math.log(times)
    dearer = [replace(each, price=each.price * times) for each in evidence]

    before = engine.suggest(item, evidence, RULES)
    after = engine.suggest(replace(item, general=general), dearer, RULES)

    assert after.silence == before.silence
    if before.unrounded:
        assert math.isclose(after.unrounded, before.unrounded * times, rel_tol=1e-9)
        assert math.isclose(after.confidence, before.confidence, rel_tol=1e-6)


@given(items, sales, st.randoms())
def test_the_order_of_the_sales_changes_nothing(item, evidence, random):
    shuffled = random.sample(evidence, len(evidence))

    assert engine.suggest(item, shuffled, RULES) == engine.suggest(item, evidence, RULES)


@given(items, st.lists(wild, max_size=40))
def test_nonsense_never_makes_nonsense(item, evidence):
    suggestion = engine.suggest(item, evidence, RULES)

    assert_is_sane(suggestion)
    assert all(each.price > 0 for each in suggestion.used)


@given(items, sales)
def test_every_suggestion_is_sane_and_its_lines_multiply_to_the_price(item, evidence):
    suggestion = engine.suggest(item, evidence)

    assert_is_sane(suggestion)
    if suggestion.price:
        product = suggestion.lines[0].after * math.prod(line.factor for line in suggestion.lines)
        assert math.isclose(product, suggestion.price, rel_tol=1e-9)


def assert_is_sane(suggestion: Suggestion) -> None:
    if suggestion.price is None:
        assert suggestion.silence
        return
    numbers = [suggestion.unrounded, suggestion.spread, *(each.after for each in suggestion.lines)]
    assert all(math.isfinite(number) and number > 0 for number in numbers)
    assert 0 < suggestion.low <= suggestion.price <= suggestion.high
    assert 0 <= suggestion.confidence < 1
    assert math.isclose(math.fsum(each.share for each in suggestion.used), 1)


def test_confidence_rises_with_number_similarity_and_agreement():
    def sure(n: int, similarity: float, apart: int) -> float:
        evidence = [sold(f"{i}", 10_000 + apart * i, similarity) for i in range(n)]
        return engine.suggest(PLAIN, evidence, RULES).confidence

    assert sure(12, 0.9, 100) > sure(4, 0.9, 100)
    assert sure(12, 0.95, 100) > sure(12, 0.75, 100)
    assert sure(12, 0.9, 100) > sure(12, 0.9, 1_500)


def test_pictures_that_could_not_be_judged_change_no_price_and_lower_the_confidence():
    evidence = [sold(key, 10_000) for key in "abcd"]

    judged, unjudged = (
        engine.suggest(replace(PLAIN, quality=quality), evidence, RULES) for quality in (0.5, None)
    )

    assert judged.price == unjudged.price == 10_000
    assert unjudged.confidence < judged.confidence


@pytest.mark.parametrize(("said", "known"), [(0.1, 0.2), (0.5, 0.4), (0.65, 0.5), (0.9, 0.6)])
def test_confidence_is_read_off_the_curve_of_the_backtest(said, known):
    curve = ((0.3, 0.2), (0.5, 0.4), (0.8, 0.6))

    assert math.isclose(engine.interpolate(curve, said), known)
    assert Calibration().curve == ()
