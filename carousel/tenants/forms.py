"""What a person may send to the settings pages."""

from typing import Any, Literal, get_args, get_origin

from django import forms
from pydantic.fields import FieldInfo

from carousel.tenants.models import Membership, Tenant
from carousel.tenants.options import TenantOptions

CURRENCIES = ("ISK", "EUR", "USD", "GBP", "DKK", "NOK", "SEK", "CHF", "PLN", "CAD", "AUD", "JPY")
ROLES = [("", "No access"), *Membership.Role.choices]


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
    "Pictures and models": ("studio", "models"),
    "Limits": ("requests_per_minute", "action_limits"),
}  # fmt: skip
"""Heading -> the fields below it, in the order in which they are shown."""


class OptionsForm(forms.Form):
    """One field for each of the tenant's options, made from their own definition."""

    def __init__(self, tenant: Tenant, data: Any = None) -> None:
        current = tenant.options.model_dump()
        super().__init__(data, initial=current | {"currency": tenant.currency})
        self.fields["currency"] = forms.ChoiceField(
            label="Currency",
            choices=[(code, code) for code in sorted({*CURRENCIES, tenant.currency})],
            required=False,
            help_text="Of what is priced from now on; prices that stand keep theirs.",
        )
        for name, info in TenantOptions.model_fields.items():
            self.fields[name] = (
                _languages(info) if name == "languages" else _field(info, current[name])
            )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings; one that no section names comes under the last."""
        named = {name for names in SECTIONS.values() for name in names}
        rest = tuple(name for name in self.fields if name not in named)
        under = SECTIONS | {"Other": rest} if rest else SECTIONS
        return [(title, [self[name] for name in names]) for title, names in under.items()]

    def options(self) -> dict[str, Any]:
        """What was given; what was left empty falls back to its default."""
        given = self.cleaned_data.items()
        left_out = ("currency",)
        return {
            name: value for name, value in given if value not in (None, "") and name not in left_out
        }

    def currency(self) -> str | None:
        return self.cleaned_data["currency"] or None


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, label="What will use it")
    role = forms.ChoiceField(choices=Membership.Role.choices, label="May do what a")


class PersonForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    full_name = forms.CharField(max_length=150, required=False, label="Name")
    role = forms.ChoiceField(
        choices=Membership.Role.choices, initial=Membership.Role.REVIEWER, label="Role"
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, required=False)


def _field(info: FieldInfo, value: Any) -> forms.Field:
    label, hint = info.title or "", info.description or ""
    if get_origin(info.annotation) is Literal:
        choices = [(word, word.capitalize()) for word in get_args(info.annotation)]
        return forms.ChoiceField(label=label, help_text=hint, choices=choices)
    if isinstance(value, bool):
        return forms.BooleanField(label=label, help_text=hint, required=False)
    if isinstance(value, tuple | dict):
        rows = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        return forms.JSONField(label=label, help_text=hint, required=False, widget=rows)
    low, high = _bounds(info)
    if isinstance(value, int):
        return forms.IntegerField(label=label, help_text=hint, min_value=low, max_value=high)
    if isinstance(value, float):
        step = forms.NumberInput(attrs={"step": "0.01"})
        return forms.FloatField(
            label=label, help_text=hint, min_value=low, max_value=high, widget=step
        )
    return forms.CharField(label=label, help_text=hint, required=False, max_length=200)


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
