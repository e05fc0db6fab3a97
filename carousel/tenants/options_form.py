"""The tenant's options as a form. What is nested in them is a field each: `studio.margin`."""

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from django import forms
from pydantic.fields import FieldInfo

from carousel.tenants import lines
from carousel.tenants.models import Tenant
from carousel.tenants.options import Actions, Capabilities, Studio, TenantOptions

CURRENCIES = ("ISK", "EUR", "USD", "GBP", "DKK", "NOK", "SEK", "CHF", "PLN", "CAD", "AUD", "JPY")
STUDIO = {
    "margin": ("Margin", "A share of the canvas, 0 to 0.4."),
    "background": ("Background", "A colour like #ffffff; empty is transparent."),
    "shadow": ("Soft shadow", "0 is none, 1 is the strongest."),
    "long_side": ("Long side in pixels", ""),
    "square": ("Square", ""),
    "automatic": ("Made by themselves", "Of every photo that is cut out without a doubt."),
}
MODELS = {
    "classify": "Category and brand",
    "extract_attributes": "Colour, material, size",
    "detect_defects": "Defects",
    "describe": "Descriptions",
    "translate": "Translations",
    "assess_quality": "Quality of photos",
    "read_text": "Text on spines",
    "book_candidates": "Books on a shelf",
}
LIMITS = {
    "read": "Reading",
    "write": "Writing",
    "upload": "Uploads",
    "event": "Events",
    "books": "Photos of shelves",
}
NESTED: dict[str, tuple[str, ...]] = {
    "studio": tuple(STUDIO),
    "models": get_args(Capabilities),
    "action_limits": get_args(Actions),
}
LINES: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "markdown_steps": (lines.read_markdown, lines.tell_markdown),
    "price_strategies": (lines.read_arm, lines.tell_arm),
}
HINTS = {
    "markdown_steps": "One a line, like 30 days: 15 %",
    "price_strategies": "One arm a line, like careful: 0.5, half_life_days 30",
}
AS_SET_UP = "as set up, or local/grammar-1"
AS_ALL = "as all requests"
SECTIONS = {
    "The shop": ("currency", "languages"),
    "Which photos show one item": (
        "same", "likely", "possibly", "max_photos_per_group", "use_shooting_order", "advanced_from",
    ),
    "What a price rests on": (
        "price_window_days", "price_half_life_days", "price_similarity", "price_comparables",
        "price_minimum", "price_strategies", "markdown_steps",
    ),
    "Prices accepted by themselves": (
        "price_auto_accept", "price_auto_confidence", "price_auto_highest", "price_auto_audit",
    ),
    "Pictures for the shop": ("studio",),
    "Models": ("models",),
    "Limits": ("requests_per_minute", "action_limits"),
}  # fmt: skip
"""Heading -> the options below it, in the order in which they are shown."""


class OptionsForm(forms.Form):
    """The fields of every option, made from its own definition."""

    def __init__(self, tenant: Tenant, data: Any = None) -> None:
        current = tenant.options.model_dump()
        super().__init__(data, initial=_flat(current) | {"currency": tenant.currency})
        self.fields["currency"] = _currency(tenant)
        for name, info in TenantOptions.model_fields.items():
            self.fields |= _fields(name, info, current[name])

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings; one that no section names comes under the last."""
        named = {name for names in SECTIONS.values() for name in names}
        rest = tuple(name for name in TenantOptions.model_fields if name not in named)
        under = SECTIONS | {"Other": rest} if rest else SECTIONS
        return [
            (title, [self[field] for name in names for field in _names(name)])
            for title, names in under.items()
        ]

    def options(self) -> dict[str, Any]:
        """What was given; what was left empty falls back to its default."""
        given: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            option, _, part = name.partition(".")
            if part and (value not in (None, "") or name == "studio.background"):
                given.setdefault(option, {})[part] = value
            elif not part and value not in (None, "") and name != "currency":
                given[name] = value
        return {"models": {}, "action_limits": {}} | given

    def currency(self) -> str | None:
        return self.cleaned_data["currency"] or None


def _names(option: str) -> list[str]:
    return [f"{option}.{part}" for part in NESTED[option]] if option in NESTED else [option]


def _flat(options: dict[str, Any]) -> dict[str, Any]:
    nested = {
        f"{option}.{part}": options[option].get(part, "")
        for option, parts in NESTED.items()
        for part in parts
    }
    return options | nested


def _fields(name: str, info: FieldInfo, value: Any) -> dict[str, forms.Field]:
    if name == "studio":
        return {
            f"studio.{part}": _field(Studio.model_fields[part], value[part], *STUDIO[part])
            for part in STUDIO
        }
    if name == "models":
        return {f"models.{part}": _text(MODELS[part], "", AS_SET_UP) for part in NESTED[name]}
    if name == "action_limits":
        return {
            f"action_limits.{part}": forms.IntegerField(
                label=LIMITS[part],
                widget=forms.NumberInput(attrs={"placeholder": AS_ALL}),
                min_value=1,
                max_value=1_000_000,
                required=False,
            )
            for part in NESTED[name]
        }
    if name in LINES:
        read, tell = LINES[name]
        return {name: lines.Lines(read, tell, label=info.title, help_text=HINTS[name])}
    if name == "languages":
        return {name: _languages(info)}
    return {name: _field(info, value, info.title or "", info.description or "")}


def _field(info: FieldInfo, value: Any, label: str, hint: str) -> forms.Field:
    if get_origin(info.annotation) is Literal:
        choices = [(word, word.capitalize()) for word in get_args(info.annotation)]
        return forms.ChoiceField(label=label, help_text=hint, choices=choices)
    if isinstance(value, bool):
        return forms.BooleanField(label=label, help_text=hint, required=False)
    low, high = _bounds(info)
    if info.annotation is int:
        return forms.IntegerField(label=label, help_text=hint, min_value=low, max_value=high)
    if info.annotation is float:
        step = forms.NumberInput(attrs={"step": "0.01"})
        return forms.FloatField(
            label=label, help_text=hint, min_value=low, max_value=high, widget=step
        )
    return _text(label, hint)


def _text(label: str, hint: str, empty: str = "") -> forms.Field:
    shown = forms.TextInput(attrs={"placeholder": empty})
    return forms.CharField(
        label=label, help_text=hint, required=False, max_length=300, widget=shown
    )


def _currency(tenant: Tenant) -> forms.Field:
    return forms.ChoiceField(
        label="Currency",
        choices=[(code, code) for code in sorted({*CURRENCIES, tenant.currency})],
        required=False,
        help_text="Of what is priced from now on; prices that stand keep theirs.",
    )


def _languages(info: FieldInfo) -> forms.Field:
    return forms.MultipleChoiceField(
        label=info.title or "",
        choices=[("en", "English"), ("is", "Íslenska")],
        widget=forms.CheckboxSelectMultiple,
    )


def _bounds(info: FieldInfo) -> tuple[Any, Any]:
    low = next((part.ge for part in info.metadata if hasattr(part, "ge")), None)
    high = next((part.le for part in info.metadata if hasattr(part, "le")), None)
    return low, high
