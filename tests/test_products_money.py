"""Amounts as people write them."""

import pytest

from carousel.products.money import NoPrice, read


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("ISK", "4500", 4500),
        ("ISK", "4.500", 4500),
        ("ISK", "4,500 kr", 4500),
        ("ISK", "kr. 1.234.500", 1_234_500),
        ("ISK", "4\u202f500", 4500),
        ("ISK", "4500.00", 4500),
        ("EUR", "12.50", 1250),
        ("EUR", "12,5", 1250),
        ("EUR", ".50", 50),
        ("EUR", "1.234,50 €", 123_450),
        ("KWD", "1.234", 1234),
        ("ISK", " ", None),
    ],
)
def test_an_amount_is_read_in_minor_units(currency, text, minor):
    assert read(text, currency) == minor


@pytest.mark.parametrize("text", ["12.50", "-5", "–5", "4²", "1e5", "2x1500", "1234.567", "9" * 25])
def test_what_could_be_another_price_is_not_guessed(text):
    with pytest.raises(NoPrice, match="is not a price in ISK"):
        read(text, "ISK")


def test_a_foreign_amount_is_not_taken_for_ours():
    with pytest.raises(NoPrice):
        read("4,500 kr", "EUR")
