"""The item's form: what staff may write, in the words they write it in.

Each field is sent with what the writer saw (`seen-title` beside `title`), so that only real changes
are kept and a colleague's change is noticed field by field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from carousel.products import money
from carousel.products.models import Condition, Product

SEEN = "seen"
LONGEST_PRICE = 10**12


class Text(forms.CharField):
    """Some paragraphs. Browsers send CR LF; we keep LF."""

    widget = forms.Textarea

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).replace("\r\n", "\n")


class Words(forms.CharField):
    """A list written with commas."""

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        self.most, self.longest = most, longest
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
        if len(words) > self.most:
            raise forms.ValidationError(f"At most {self.most}, please.")
        if any(len(word) > self.longest for word in words):
            raise forms.ValidationError(f"Each may have up to {self.longest} letters.")
        return words

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class Pairs(forms.CharField):
    """One `name: value` on a line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> dict[str, str]:
        pairs = {}
        for line in super().clean(value).splitlines():
            if not line.strip():
                continue
            name, colon, text = line.partition(":")
            if not colon or not name.strip():
                raise forms.ValidationError(f"Write “name: value”, not “{line.strip()[:40]}”.")
            pairs[name.strip()[:60]] = text.strip()[:200]
        return pairs

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {_flat(text)}" for name, text in value.items())
        return value


class Price(forms.CharField):
    """An amount as people write it; cleaned to minor units.

    A line of text: a browser's number field drops the comma of 12,50 and takes 4.500 for four and
    a half, both without a word.
    """

    def __init__(self, currency: str = "ISK", **options: Any) -> None:
        self.currency = currency
        super().__init__(required=False, max_length=30, **options)

    def clean(self, value: Any) -> int | None:
        try:
            minor = money.read(super().clean(value), self.currency)
        except money.NoPrice as no:
            raise forms.ValidationError(str(no)) from no
        if minor is not None and not 0 < minor < LONGEST_PRICE:
            raise forms.ValidationError("A price is above zero.")
        return minor

    def prepare_value(self, value: Any) -> Any:
        return str(money.to_major(value, self.currency)) if isinstance(value, int) else value


class ItemForm(forms.Form):
    title = forms.CharField(max_length=200, required=False)
    price = Price()
    category = forms.CharField(max_length=120, required=False)
    condition = forms.ChoiceField(choices=[("", "Choose"), *Condition.choices], required=False)
    brand = forms.CharField(max_length=120, required=False)
    description_en = Text(label="Description, English", max_length=5000, required=False)
    description_is = Text(label="Description, Icelandic", max_length=5000, required=False)
    colours = Words(most=12, longest=40, help_text="Separate with commas.")
    keywords = Words(most=40, longest=60, help_text="Separate with commas.")
    attributes = Pairs(required=False, help_text="One a line, such as “material: wool”.")
    rating = forms.DecimalField(
        min_value=Decimal(1), max_value=Decimal(5), max_digits=2, decimal_places=1, required=False
    )

    def __init__(self, product: Product, data: Mapping[str, str] | None = None, **options: Any):
        initial = {name: getattr(product, name) for name in Product.FIELDS}
        super().__init__(data, initial=initial, **options)
        price = self.fields["price"]
        assert isinstance(price, Price)
        price.currency = product.currency
        for name, field in self.fields.items():
            field.widget.attrs |= _attributes(name, product.currency)


@dataclass(frozen=True)
class Sent:
    """What a person sent: the values they want, what they saw before, and the form as written."""

    wanted: dict[str, Any]
    seen: dict[str, Any]
    form: ItemForm


def read(product: Product, data: Mapping[str, str]) -> Sent:
    """The fields in `data` that differ from what was seen. A field sent without its twin counts."""
    wanted, seen = ItemForm(product, data), ItemForm(product, data, prefix=SEEN)
    wanted.is_valid()
    seen.is_valid()
    there = [name for name in wanted.fields if name in data]
    known = {name: seen.cleaned_data[name] for name in there if _was_seen(name, data, seen)}
    return Sent(
        wanted={
            name: wanted.cleaned_data[name]
            for name in there
            if name in wanted.cleaned_data
            and (name not in known or wanted.cleaned_data[name] != known[name])
        },
        seen=known,
        form=wanted,
    )


def _was_seen(name: str, data: Mapping[str, str], seen: ItemForm) -> bool:
    return f"{SEEN}-{name}" in data and name in seen.cleaned_data


def _attributes(name: str, currency: str) -> dict[str, str]:
    found = {"id": f"item-{name}"}
    if name == "price":
        return found | {"inputmode": "decimal", "class": "num"}
    if name == "rating":
        return found | {"step": "0.5"}
    if name in ("description_en", "description_is"):
        return found | {"lang": name[-2:], "rows": "6"}
    if name == "attributes":
        return found | {"rows": "3"}
    return found


def _flat(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
