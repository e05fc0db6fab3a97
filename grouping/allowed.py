"""Which edits of a batch only some roles may make, as the shop's settings say."""

from django.core.exceptions import PermissionDenied

from carousel.models import Tenant
from carousel.tenants.access import LADDER

ADVANCED = {"merge", "split", "regroup", "clear", "apart", "attach", "relist"}
"""Kinds of edits that change what an item is; moving, naming and accepting are everybody's."""


def may_advanced(tenant: Tenant, role: str) -> bool:
    return LADDER.index(role) >= LADDER.index(tenant.options.advanced_from)


def check(tenant: Tenant, role: str, kind: str) -> None:
    """PermissionDenied, with a sentence, when this role may not make this kind of edit here."""
    if kind in ADVANCED and not may_advanced(tenant, role):
        who = tenant.options.advanced_from
        raise PermissionDenied(f"In this shop a {who} merges, splits and groups again.")
