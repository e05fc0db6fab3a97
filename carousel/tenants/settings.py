"""Changing what a tenant may set: checked, written and audited in one transaction."""

import json
from typing import Any

from django.conf import settings
from django.db import transaction
from pydantic import ValidationError

from carousel import inference
from carousel.errors import Refused
from carousel.tenants.audit import note
from carousel.tenants.models import Tenant, User, digest
from carousel.tenants.options import ARM_RULES, PriceStrategy, TenantOptions, first_mistake


class Outdated(Refused):
    """The settings are not those any more that the writer read."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed the settings meanwhile; yours are not saved. Read them again."
        )


@transaction.atomic
def change(
    tenant: Tenant,
    user: User | None,
    values: dict[str, Any],
    currency: str | None = None,
    *,
    seen: str = "",
) -> None:
    """Replace the options by `values` over the defaults, or Refused with the first mistake.

    `currency` is that of what is made from now on; prices that stand keep theirs. `seen` is the
    tag of what was read: Outdated when that is past, for all of it is written.
    """
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if seen and seen != tag(locked):
        raise Outdated
    before, after = told(locked), _checked(values).model_dump(mode="json")
    after["currency"] = currency or locked.currency
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        locked.currency = after.pop("currency")
        locked.settings = after
        locked.save(update_fields=["settings", "currency"])
        after["currency"] = locked.currency
        note(
            tenant,
            user,
            "settings.changed",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    tenant.settings, tenant.currency = locked.settings, locked.currency


def told(tenant: Tenant) -> dict[str, Any]:
    """Everything that can be set, as JSON."""
    return tenant.options.model_dump(mode="json") | {"currency": tenant.currency}


def tag(tenant: Tenant) -> str:
    """Another one after every change, as an ETag is written."""
    return f'"{digest(json.dumps(told(tenant), sort_keys=True))[:24]}"'


def _checked(values: dict[str, Any]) -> TenantOptions:
    try:
        options = TenantOptions(**values)
    except ValidationError as error:
        raise Refused(first_mistake(error)) from error
    if not options.possibly <= options.likely <= options.same:
        raise Refused("The three limits must rise: possibly, likely, same.")
    for arm in options.price_strategies:
        _refuse_untunable(arm)
    for capability, chain in options.models.items():
        _refuse_unknown(capability, chain)
    return options


def _refuse_untunable(arm: PriceStrategy) -> None:
    for rule, value in arm.changes.items():
        if rule not in ARM_RULES:
            choice = ", ".join(ARM_RULES)
            raise Refused(f"{arm.name}: there is no rule {rule}. There are: {choice}.")
        least, most = ARM_RULES[rule]
        if not least <= value <= most:
            raise Refused(f"{arm.name}: {rule} goes from {least:g} to {most:g}.")


def _refuse_unknown(capability: str, chain: str) -> None:
    known = inference.providers(capability, settings.INFERENCE[capability])
    for name in chain.split(">"):
        if name.strip() not in known:
            choice = ", ".join(sorted(known))
            raise Refused(f"Nobody called {name.strip()} can {capability}. There are: {choice}.")
