"""Money as people write it. Stored as whole minor units; a króna has none smaller."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = {"ISK": 0, "JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""Digits after the decimal point (ISO 4217); 2 where not listed."""


def to_minor(amount: Decimal, currency: str) -> int:
    return int((amount * 10 ** _digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-_digits(currency))


def shown(minor: int | None, currency: str) -> str:
    """`4,500 ISK`, `12.50 EUR`, or nothing."""
    if minor is None:
        return ""
    return f"{to_major(minor, currency):,.{_digits(currency)}f} {currency}"


def _digits(currency: str) -> int:
    return DIGITS.get(currency, 2)
