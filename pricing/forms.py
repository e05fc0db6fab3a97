"""The shape of what people type about prices."""

from decimal import Decimal
from typing import Any

from django import forms

from carousel.errors import Refused
from carousel.products.money import to_minor


class PriceForm(forms.Form):
    price = forms.CharField(required=False, max_length=30)
    reason = forms.CharField(required=False, max_length=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=200)


def price_of(text: str, currency: str) -> int | None:
    """Minor units from `4.500`, `4,500 kr` or `12.50`; None for nothing. Refused if it is no price.

    A last group of exactly three digits after one separator is thousands, as krónur are written.
    """
    kept = "".join(c for c in text if c.isdigit() or c in ".,")
    if not text.strip():
        return None
    if not any(c.isdigit() for c in kept) or "-" in text:
        raise Refused(f"“{text.strip()[:20]}” is not a price.")
    whole, _, rest = kept.replace(",", ".").rpartition(".")
    is_fraction = bool(whole) and len(rest) != 3
    digits = whole.replace(".", "") + ("." if is_fraction else "") + rest
    return to_minor(Decimal(digits or "0"), currency)


def reason_of(posted: Any) -> str:
    form = ReasonForm(posted)
    return form.cleaned_data["reason"].strip() if form.is_valid() else ""
