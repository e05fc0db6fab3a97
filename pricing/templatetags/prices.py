"""How prices are written on the price pages."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from carousel.products.money import shown, to_major, to_minor

register = template.Library()


@register.filter
def bare(minor: int | None, currency: str) -> str:
    """The number alone, for a text field: `4500`, `12.50`, or nothing."""
    return "" if minor is None else f"{to_major(minor, currency):f}"


@register.filter
def whole(minor: float | None, currency: str) -> str:
    """A price that was not rounded yet, to the nearest minor unit."""
    return "" if minor is None else shown(round(minor), currency)


@register.filter
def paid(amount: float, currency: str) -> str:
    """A price in the main unit, as the lake has it, to the nearest minor unit."""
    return shown(to_minor(Decimal(str(amount)), currency), currency)


@register.filter
def signed(share: float) -> str:
    """`+12%`, `-3%`."""
    return f"{share:+.0%}"


@register.filter
def path(category: str) -> SafeString:
    """A category that may be broken after a slash, and nowhere else."""
    return format_html_join(SafeString("/<wbr>"), "{}", ((part,) for part in category.split("/")))


@register.filter
def above(ratio: float) -> str:
    """A ratio as what it is above or below one: 1.12 is `+12%`."""
    return f"{round(ratio - 1, 2) + 0:+.0%}"


@register.filter
def hundred(share: float) -> str:
    """A share as a place on a bar from 0 to 100."""
    return f"{100 * share:.1f}"


@register.filter
def groups(by: dict[str, list[dict[str, Any]]] | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """What a backtest grouped its figures by, in the order of the page."""
    return [(name, found) for name, found in (by or {}).items()]
