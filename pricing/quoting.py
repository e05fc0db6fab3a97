"""Price a product now, keep the quote with its evidence, and offer the price to the product."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from carousel.events.outbox import record
from carousel.models import Product, Tenant
from imaging.models import Batch
from pricing import comparables, engine, lessons, pictures, velocity
from pricing.comparables import Found, Wanted
from pricing.evidence import Item, Rules, Suggestion
from pricing.factors import Factors
from pricing.lessons import Taught, day_of, moment_of
from pricing.models import Comparable, Quote, Strike
from pricing.strategies import Strategy, choose
from pricing.traits import Traits, leaf, root

MODEL = "comparables"


@dataclass(frozen=True)
class Answer:
    """A suggestion with the sales behind it, by their keys, and what the engine was told."""

    suggestion: Suggestion
    found: dict[str, Found]
    inputs: dict[str, Any]
    hint: dict[str, Any]
    days: dict[str, Any]
    taught: Taught
    strategy: str = ""


def traits_of(product: Product) -> Traits:
    attributes = product.attributes if isinstance(product.attributes, dict) else {}
    return Traits(
        category=product.category,
        brand=product.brand,
        condition=product.condition,
        title=product.title,
        colour=", ".join(product.colours),
        material=str(attributes.get("material") or ""),
        size=str(attributes.get("size") or ""),
    )


def quote(product: Product) -> Quote:
    """Compute a new quote for `product` and make it the current one. May be called again."""
    picture = pictures.of_product(product)
    wanted = Wanted(
        tenant=product.tenant,
        traits=traits_of(product),
        as_of=now(),
        vector=picture.vector,
        model=picture.model,
        product_id=str(product.pk),
    )
    struck = {
        str(sale): reason or "struck"
        for sale, reason in Strike.objects.standing()
        .filter(tenant=product.tenant, product=product)
        .values_list("sale_id", "reason")
    }
    arms = [Strategy(**each.model_dump()) for each in product.tenant.options.price_strategies]
    strategy = choose(arms, str(product.pk))
    return store(product, answer(wanted, picture.quality, struck, strategy))


def answer(
    wanted: Wanted,
    quality: float | None = None,
    struck: dict[str, str] | None = None,
    strategy: Strategy | None = None,
) -> Answer:
    """Look for evidence and ask the engine. Writes nothing."""
    rules = lessons.rules_of(wanted.tenant)
    rules = strategy.applied(rules) if strategy else rules
    taught = lessons.current(wanted.tenant)
    found = comparables.search(wanted, rules, taught.factors)
    evidence = comparables.as_evidence(found, rules, taught.factors, struck or {})
    item = item_of(wanted, taught.factors, quality)
    suggestion = engine.suggest(item, evidence, rules, taught.calibration)
    if not leaf(wanted.traits.category):
        suggestion = dataclasses.replace(suggestion, silence="no_category")
    return Answer(
        suggestion,
        {each.key: each for each in found},
        inputs=_inputs(wanted, rules, quality),
        hint={} if suggestion.price else comparables.category_median(wanted, rules),
        days=velocity.estimate(velocity.pace_of(taught.pace, root(wanted.traits.category))),
        taught=taught,
        strategy=strategy.name if strategy else "",
    )


def item_of(wanted: Wanted, factors: Factors, quality: float | None) -> Item:
    day = day_of(wanted.as_of)
    return Item(
        day=day,
        effects=factors.of(wanted.traits, day),
        quality=quality,
        general=factors.intercept,
        sigma=factors.sigma,
        seen={
            "traits": factors.sales,
            "season": factors.behind_season(wanted.traits, day),
            "trend": factors.sales,
            "condition": factors.behind_condition(wanted.traits),
            "general": factors.sales if factors.intercept is not None else 0,
        },
    )


def _inputs(wanted: Wanted, rules: Rules, quality: float | None) -> dict[str, Any]:
    told = dataclasses.asdict(wanted.traits) | {"quality": quality, "model": wanted.model}
    kept = ("window_days", "floor", "described_floor", "top", "half_life_days", "minimum")
    return told | {name: getattr(rules, name) for name in kept}


@transaction.atomic
def store(product: Product, answer: Answer) -> Quote:
    """Replace the current quote, offer the price to the product, and say so. All or nothing."""
    tenant, suggestion = product.tenant, answer.suggestion
    Product.objects.select_for_update().get(pk=product.pk)
    Quote.objects.filter(product=product, is_current=True).update(is_current=False)
    made = Quote.objects.create(
        tenant=tenant,
        product=product,
        currency=suggestion.currency,
        price=suggestion.price,
        low=suggestion.low,
        high=suggestion.high,
        unrounded=suggestion.unrounded,
        confidence=suggestion.confidence,
        spread=suggestion.spread,
        effective=suggestion.effective,
        basis=suggestion.basis,
        silence=suggestion.silence,
        lines=[dataclasses.asdict(line) for line in suggestion.lines],
        inputs=answer.inputs,
        hint=answer.hint,
        days=answer.days,
        strategy=answer.strategy,
        lesson_id=answer.taught.lesson_id,
    )
    Comparable.objects.bulk_create(_rows(tenant, made, answer))
    product.suggest(
        "price",
        suggestion.price,
        confidence=suggestion.confidence,
        model=MODEL,
        local=True,
    )
    record(tenant, "price.suggested", subject=product.pk, quote=str(made.pk), price=made.price)
    Batch.objects.touch(product.batch_id)
    return made


def _rows(tenant: Tenant, quote: Quote, answer: Answer) -> Sequence[Comparable]:
    shown = [each for each in answer.suggestion.comparables if each.excluded != "beyond"]
    return [
        Comparable(
            tenant=tenant,
            quote=quote,
            sale_id=answer.found[each.key].pk,
            position=position,
            price=each.price,
            sold_at=moment_of(each.day),
            similarity=each.similarity,
            basis=each.basis,
            recency=each.recency,
            weight=each.weight,
            share=each.share,
            adjusted=each.adjusted,
            excluded=each.excluded,
            reason=each.reason,
        )
        for position, each in enumerate(shown)
    ]


def current(product: Product) -> Quote | None:
    return Quote.objects.filter(tenant=product.tenant, product=product, is_current=True).first()
