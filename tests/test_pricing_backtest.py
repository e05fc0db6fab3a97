"""The replay on a market whose truth is known: nearly as good as can be, blind to the future."""

import csv
import io
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from django.core.management import call_command

from pricing import backtest
from pricing.calibration import calibrate
from pricing.evidence import Rules
from pricing.replay import History, Outcome, in_order, replay
from tests.pricing_market import START, Market, make_market

RULES = Rules(currency="ISK", points=((None, 1),))
KEYS = {
    "sales", "priced", "mdape", "bias", "within_10", "within_25", "coverage_80", "width_80",
    "baselines",
}  # fmt: skip


@cache
def market() -> Market:
    return make_market()


@cache
def outcomes() -> tuple[Outcome, ...]:
    return tuple(replay(History(market().sales), RULES))


def later() -> list[Outcome]:
    """The second year: by then there is a history to learn from."""
    return [each for each in outcomes() if each.sale.day >= START + 365]


def test_the_error_is_within_a_tenth_of_the_best_possible_and_well_below_each_rule_of_thumb():
    found = backtest.figures(later())

    truth = market().truth
    best = np.median([abs(math.exp(truth[e.sale.key]) / e.sale.price - 1) for e in later()])
    assert found.mdape <= 1.10 * best
    assert all(found.mdape < 0.7 * off for off in found.baselines.values())
    assert found.priced >= 0.95 * found.sales


def test_the_80_percent_range_covers_77_to_83_percent():
    assert 0.77 <= backtest.figures(later()).coverage_80 <= 0.83


def test_what_confidence_says_is_what_happens():
    tenths = backtest.reliability(later())

    assert len(tenths) == 10
    assert abs(np.mean([t.said for t in tenths]) - np.mean([t.was for t in tenths])) < 0.05


def test_shuffling_the_future_changes_nothing_before_it():
    now = START + 400
    random = np.random.default_rng(5)
    past = [sale for sale in market().sales if sale.day < now]
    future = [sale for sale in market().sales if sale.day >= now]
    prices = random.permutation([sale.price for sale in future])
    traits = random.permutation(len(future))
    shuffled = [
        replace(sale, price=int(price) * 7, traits=future[t].traits)
        for sale, price, t in zip(future, prices, traits, strict=True)
    ]

    before, after = (
        list(replay(History(in_order([*past, *rest])), RULES, now - 60, now))
        for rest in (future, shuffled)
    )

    assert len(before) > 100
    assert before == after


def test_a_sale_never_sees_another_of_the_same_moment():
    same = [replace(sale, day=START) for sale in market().sales[:20]]
    rest = market().sales[20:60]

    found = list(replay(History(in_order([*same, *rest])), RULES))

    assert {each.suggestion.silence for each in found[:20]} == {"no_sales"}


def test_rows_of_one_date_are_judged_by_folds():
    listed = [replace(sale, day=START) for sale in market().sales[:800]]
    history = History(in_order(listed))

    found = backtest.figures(list(replay(history, RULES)))

    assert history.mode == "folds"
    assert found.priced > 700
    assert found.mdape < found.baselines["category"]


def test_too_little_history_prices_nothing_and_says_so():
    found = backtest.figures(list(replay(History(market().sales[:2]), RULES)))

    assert (found.sales, found.priced, found.mdape) == (2, 0, None)


def test_calibration_widens_a_range_that_was_too_narrow():
    said = [each.suggestion for each in later() if each.suggestion.price]
    wide = [
        (s, round(s.unrounded * math.exp(3 * s.spread * (-1) ** n))) for n, s in enumerate(said)
    ]

    calibration = calibrate(wide)

    assert calibration.low == pytest.approx(-3, abs=0.1)
    assert calibration.high == pytest.approx(3, abs=0.1)


def test_the_command_prints_the_figures_of_a_file_as_json(tmp_path):
    path = tmp_path / "sales.csv"
    start = datetime.now(UTC) - timedelta(days=400)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sold_at", "price", "currency", "category", "brand", "condition", "title"])
        for sale in market().sales[:400]:
            day = start + timedelta(days=sale.day - START)
            traits = sale.traits
            writer.writerow(
                [day.isoformat(), sale.price, "ISK", traits.category, traits.brand,
                 traits.condition, traits.title]
            )  # fmt: skip
        writer.writerow(["no date", "100", "ISK", "a", "b", "good", "t"])
        writer.writerow(["", "100", "ISK", "a", "b", "good", "t"])
    out, told = io.StringIO(), io.StringIO()

    call_command("backtest", "--sales", str(path), "--json", stdout=out, stderr=told)

    assert "1 x There is no date of sale." in told.getvalue()
    assert "1 x sold_at “no date” is not a date." in told.getvalue()
    result = json.loads(out.getvalue())
    assert set(result) >= KEYS
    assert set(result["baselines"]) == {"category", "brand_category", "overall"}
    assert (result["sales"], result["refused"], result["mode"]) == (400, 2, "replay")
    assert result["mdape"] < result["baselines"]["category"]


def test_a_file_of_asking_prices_without_dates_and_in_two_currencies_is_judged(tmp_path):
    path = tmp_path / "asked.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["price", "currency", "category", "brand", "condition", "title"])
        for number, sale in enumerate(market().sales[:300]):
            traits, code = sale.traits, "USD" if number % 3 else "EUR"
            writer.writerow(
                [f"{sale.price:,}", code, traits.category, traits.brand, "Gently used",
                 traits.title]
            )  # fmt: skip
    out = io.StringIO()

    call_command("backtest", "--sales", str(path), "--json", stdout=out, stderr=io.StringIO())

    result = json.loads(out.getvalue())
    assert (result["sales"], result["refused"], result["mode"]) == (300, 0, "folds")
    assert result["priced"] > 250
    assert result["mdape"] < result["baselines"]["overall"]
