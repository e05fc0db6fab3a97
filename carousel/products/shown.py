"""The item page's view of a product: its fields with what models suggested, its place, its past."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.events.models import Event
from carousel.products.forms import ItemForm
from carousel.products.models import Product

NAMES = {
    "product.drafted": "Drafted from a group",
    "product.undrafted": "Group reopened",
    "product.edited": "Edited",
    "product.listed": "Published",
    "product.doubted": "Published in spite of doubts",
    "product.updated": "Updated",
    "product.sold": "Sold",
    "product.delisted": "Taken off sale",
    "product.deleted": "Deleted",
    "product.restored": "Restored",
    "product.pictured": "Primary picture chosen",
    "product.relisted": "Listed again as a new item",
    "price.suggested": "Price suggested",
    "price.automatic": "Sure price taken automatically",
    "price.accepted": "Suggested price accepted",
    "price.overridden": "Own price set",
    "price.cleared": "Price cleared",
    "price.struck": "Comparable sale struck",
    "price.unstruck": "Comparable sale used again",
    "description.translated": "Text written again",
    "defect.confirmed": "Damage confirmed",
    "defect.dismissed": "Damage dismissed",
    "defect.candidate": "Decision on damage taken back",
}


@dataclass(frozen=True)
class Suggestion:
    """What a model said. `text` as the field writes it; `confidence` in 0..1."""

    text: str
    confidence: float
    model: str
    local: bool


@dataclass(frozen=True)
class Field:
    """One field of the item. `suggestion` is what the models say, whether it was taken or not."""

    name: str
    bound: BoundField
    seen: str
    suggestion: Suggestion | None
    is_ours: bool
    errors: list[str]

    @property
    def offers(self) -> bool:
        """Is there a suggestion that a person's words differ from?"""
        return self.is_ours and self.suggestion is not None and self.suggestion.text != self.seen


@dataclass(frozen=True)
class Moment:
    at: datetime
    name: str
    details: list[str]


def fields(product: Product, wrong: ItemForm | None = None) -> dict[str, Field]:
    """Each as it is saved; those that are wrong in a form as they were written there."""
    form, errors = ItemForm(product), wrong.errors if wrong else {}
    return {
        name: _field(product, form[name], wrong[name] if wrong and name in errors else form[name])
        for name in form.fields
    }


def history(product: Product, most: int = 20) -> list[Moment]:
    events = Event.objects.filter(tenant=product.tenant_id, subject=product.pk)
    return [
        Moment(event.created_at, NAMES.get(event.kind, event.kind), _details(event, product))
        for event in events.order_by("-position")[:most]
    ]


def work(product: Product) -> Any:
    """How far describing and pricing are, by the wiring's word for it; None if never asked."""
    return import_string(wiring.WORK)(product.pk, "listing")


def neighbours(product: Product) -> tuple[int, int, Product | None, Product | None]:
    """Place from 1, number, previous and next among the batch's items (or all of the state)."""
    siblings = Product.objects.live().filter(tenant=product.tenant_id)
    if product.batch_id:
        siblings = siblings.filter(batch_id=product.batch_id)
    else:
        siblings = siblings.filter(state=product.state)
    before = siblings.filter(created_at__lt=product.created_at).order_by("-created_at")
    after = siblings.filter(created_at__gt=product.created_at).order_by("created_at")
    return before.count() + 1, siblings.count(), before.first(), after.first()


def _field(product: Product, saved: BoundField, bound: BoundField) -> Field:
    return Field(
        name=bound.name,
        bound=bound,
        seen=_text(saved.value()),
        suggestion=_suggestion(product.suggested.get(bound.name), bound.field),
        is_ours=bound.name in product.edited_fields,
        errors=[str(error) for error in bound.errors],
    )


def _suggestion(found: dict[str, Any] | None, field: forms.Field) -> Suggestion | None:
    if not found or found.get("value") in (None, "", [], {}):
        return None
    return Suggestion(
        text=_text(field.prepare_value(found["value"])),
        confidence=float(found.get("confidence") or 0),
        model=str(found.get("model", "")),
        local=bool(found.get("local")),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _details(event: Event, product: Product) -> list[str]:
    changes = event.data.get("changes", {})
    form = ItemForm(product)
    reasons = [f"Why: {event.data['reason']}"] if event.kind == "product.doubted" else []
    return reasons + [
        f"{name.replace('_', ' ')}: {_short(form, name, before)} → {_short(form, name, after)}"
        for name, (before, after) in changes.items()
    ]


def _short(form: ItemForm, name: str, value: Any) -> str:
    field = form.fields.get(name)
    text = _text(field.prepare_value(value) if field else value).replace("\n", " ")
    return (text[:60] + "…" if len(text) > 60 else text) or "empty"
