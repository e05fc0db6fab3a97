"""What the shop's own sales teach, and that little evidence teaches little."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import factors
from pricing.factors import Factors, Sold, falling, learn
from pricing.likeness import shelve
from pricing.traits import CONDITIONS, Traits, ancestors
from tests.pricing_market import CONDITION_EFFECTS, START, make_market

MARKET = make_market(2_000)


def test_the_true_effects_of_condition_are_found():
    found = learn(MARKET.sales).conditions[""]

    for name, true in zip(CONDITIONS, CONDITION_EFFECTS, strict=True):
        assert found[name] - found["very_good"] == pytest.approx(true, abs=0.09)


def test_a_worse_condition_is_never_worth_more_even_if_the_sales_say_so():
    odd = [
        replace(sale, price=sale.price * (5 if sale.traits.condition == "poor" else 1))
        for sale in MARKET.sales[:400]
    ]

    for table in learn(odd).conditions.values():
        values = [table[name] for name in CONDITIONS]
        assert values == sorted(values, reverse=True)


def test_few_sales_teach_nothing_and_every_factor_is_neutral():
    found = learn(MARKET.sales[:29])
    traits = MARKET.sales[0].traits

    assert (found.level(traits), found.season(traits, START), found.trend(traits, START)) == (
        0,
        0,
        0,
    )


def test_a_season_is_not_told_before_a_year_has_been_seen():
    short = learn(make_market(600, days=300).sales)
    long = learn(make_market(1_500, days=730).sales)
    traits = MARKET.sales[0].traits

    def seasons(found: Factors) -> list[float]:
        return [math.exp(found.season(traits, START + day)) for day in (0, 91, 182, 273)]

    assert seasons(short) == [1.0, 1.0, 1.0, 1.0]
    assert max(seasons(long)) / min(seasons(long)) > 1.1


def test_q2_and_q4_differ_by_the_stated_factor():
    found = learn(MARKET.sales)
    traits = MARKET.sales[0].traits
    april, october = START + 730 - 230, START + 730 - 50

    stated = found.of(traits, october).season - found.of(traits, april).season
    true = [0.12 * math.cos(2 * math.pi * (day % 365.25) / 365.25 + len(traits.category))
            for day in (april, october)]  # fmt: skip
    assert stated == pytest.approx(true[1] - true[0], abs=0.08)


def test_the_order_of_the_sales_teaches_the_same():
    shuffled = [MARKET.sales[i] for i in np.random.default_rng(3).permutation(500)]

    assert learn(shuffled) == learn(MARKET.sales[:500])


def test_dearer_sales_move_the_level_and_nothing_else():
    one = learn(MARKET.sales[:500])
    ten = learn([replace(sale, price=sale.price * 10) for sale in MARKET.sales[:500]])

    # Sums in another order, by more threads or fewer, differ by some millionths.
    assert ten.intercept - one.intercept == pytest.approx(math.log(10), abs=1e-4)
    assert ten.level(MARKET.sales[0].traits) == pytest.approx(
        one.level(MARKET.sales[0].traits), abs=1e-4
    )


def test_a_mistyped_price_hardly_bends_the_market():
    typo = replace(MARKET.sales[0], price=MARKET.sales[0].price * 1_000)

    before, after = (learn([sale, *MARKET.sales[1:500]]) for sale in (MARKET.sales[0], typo))

    traits = MARKET.sales[5].traits
    assert after.level(traits) == pytest.approx(before.level(traits), abs=0.05)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 100)), min_size=1, max_size=12))
def test_falling_never_rises_and_keeps_the_mean(pairs):
    values, weights = zip(*pairs, strict=True)

    found = falling(values, weights)

    assert all(a >= b - 1e-9 for a, b in pairwise(found))
    assert np.average(found, weights=weights) == pytest.approx(
        np.average(values, weights=weights), abs=1e-6
    )


def test_the_parents_of_a_category_are_found_however_it_is_written():
    assert ancestors("Women > Coats/ Parkas ") == ["women/coats/parkas", "women/coats", "women"]
    assert ancestors("") == []


def test_what_is_described_alike_is_more_alike():
    item = Traits("women/coats", "Tindfell", title="Blue wool coat", material="Wool")
    twin = replace(item, condition="poor")
    cousin = replace(item, brand="Kvistá")
    stranger = Traits("home/lamps", "Vindbelg", title="Brass lamp")

    found = shelve([twin, cousin, stranger]).similarities(item)

    assert found[0] == pytest.approx(1)
    assert 1 > found[1] > 0.4 > found[2] == 0


def test_a_thing_that_nothing_is_known_of_is_like_nothing():
    assert shelve([Traits("women/coats")]).similarities(Traits()).tolist() == [0.0]


def test_sales_of_nothing_in_particular_can_be_learned():
    blank = [Sold(f"{n}", START + n, 100 + n, Traits()) for n in range(60)]

    assert factors.learn(blank).sales == 60
