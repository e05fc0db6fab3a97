"""Money as people write it. Stored as whole minor units; a króna has none smaller."""

import re
from decimal import ROUND_HALF_UP, Decimal

DIGITS = {"ISK": 0, "JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""Digits after the decimal point (ISO 4217); 2 where not listed."""

SIGNS = {"ISK": r"kr\.?", "EUR": "€", "GBP": "£", "USD": r"\$"}
GROUPED, PLAIN = r"\d{1,3}(?:[., ]\d{3}){1,4}", r"\d{0,15}"


class NoPrice(ValueError):
    """What was written is not an amount; the message says so to the writer."""


def read(text: str, currency: str) -> int | None:
    """Minor units from `4.500`, `4,500 kr`, `4 500` or `12.50`; None for nothing. Else NoPrice.

    Three digits behind a point or a comma are thousands, as krónur are written, whichever of the
    two it is. What could be read in two ways is refused: the item would be sold for it.
    """
    words = " ".join(text.split())
    if not words:
        return None
    found = _written(currency).fullmatch(words)
    whole, rest = (found["whole"], found["rest"] or "") if found else ("", "")
    if not whole + rest or len(rest.rstrip("0")) > _digits(currency):
        raise NoPrice(f"“{words[:20]}” is not a price in {currency}.")
    return to_minor(Decimal(f"{re.sub('[., ]', '', whole) or 0}.{rest or 0}"), currency)


def to_minor(amount: Decimal, currency: str) -> int:
    return int((amount * 10 ** _digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-_digits(currency))


def shown(minor: int | None, currency: str) -> str:
    """`4,500 ISK`, `12.50 EUR`, or nothing."""
    if minor is None:
        return ""
    return f"{to_major(minor, currency):,.{_digits(currency)}f} {currency}"


def _written(currency: str) -> re.Pattern[str]:
    """Where three digits are the fraction itself, thousands are written without a mark."""
    whole = PLAIN if _digits(currency) == 3 else f"{GROUPED}|{PLAIN}"
    unit = f"(?:{currency}|{SIGNS.get(currency, currency)})?"
    number = rf"(?P<whole>{whole})(?:[.,](?P<rest>\d{{0,9}}))?"
    return re.compile(f"{unit} ?{number} ?{unit}", re.ASCII | re.IGNORECASE)


def _digits(currency: str) -> int:
    return DIGITS.get(currency, 2)
