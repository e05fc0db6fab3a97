"""The shape of what people type about prices."""

from typing import Any

from django import forms

from carousel.errors import Refused
from carousel.products import money


class PriceForm(forms.Form):
    price = forms.CharField(required=False, max_length=30)
    reason = forms.CharField(required=False, max_length=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=200)


def price_of(text: str, currency: str) -> int | None:
    """Minor units, or None for nothing. Refused if it is no price."""
    try:
        return money.read(text, currency)
    except money.NoPrice as no:
        raise Refused(str(no)) from no


def reason_of(posted: Any) -> str:
    form = ReasonForm(posted)
    return form.cleaned_data["reason"].strip() if form.is_valid() else ""
