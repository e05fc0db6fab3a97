"""Changing what a tenant may set: checked, written and audited in one transaction."""

from typing import Any

from django.db import transaction
from pydantic import ValidationError

from carousel.errors import Refused
from carousel.tenants.audit import note
from carousel.tenants.models import Tenant, User
from carousel.tenants.options import TenantOptions


@transaction.atomic
def change(tenant: Tenant, user: User | None, values: dict[str, Any]) -> None:
    """Replace the options by `values` over the defaults, or Refused with the first mistake."""
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    try:
        options = TenantOptions(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    if not options.possibly <= options.likely <= options.same:
        raise Refused("The three limits must rise: possibly, likely, same.")
    before, after = locked.options.model_dump(mode="json"), options.model_dump(mode="json")
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        locked.settings = after
        locked.save(update_fields=["settings"])
        note(
            tenant,
            user,
            "settings.changed",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    tenant.settings = locked.settings
