"""Giving people and programs a place in a shop, and taking it away. Every change is audited."""

from django.contrib.auth.hashers import make_password
from django.db import transaction

from carousel.errors import Refused
from carousel.tenants.audit import note
from carousel.tenants.models import ApiKey, Membership, Tenant, User


@transaction.atomic
def invite(tenant: Tenant, by: User, email: str, full_name: str, role: str) -> Membership:
    """A member of the shop, new to us or not. A password comes by a link: see passwords.py.

    Of two who invite the same person at the same moment, one is told that they work here already.
    """
    unknown = {"full_name": full_name, "password": make_password(None)}
    user, _ = User.objects.get_or_create(email=email.lower(), defaults=unknown)
    member, is_new = tenant.memberships.get_or_create(user=user, defaults={"role": role})
    if not is_new:
        raise Refused(f"{email} works here already.")
    note(tenant, by, "member.added", email, after={"role": role})
    return member


@transaction.atomic
def set_role(member: Membership, by: User, role: str) -> None:
    """Change what a member may do; an empty role ends the membership. One admin always stays."""
    locked = {row.pk: row for row in member.tenant.memberships.select_for_update().order_by("id")}
    stands = locked.get(member.pk)
    if stands is None:
        raise Refused(f"{member.user} works here no more.")
    admins = [row.pk for row in locked.values() if row.role == Membership.Role.ADMIN]
    if admins == [member.pk] and role != Membership.Role.ADMIN:
        raise Refused("This is the last administrator; name another one first.")
    if role == stands.role:
        return
    note(
        member.tenant, by, "member.changed" if role else "member.removed", member.user.email,
        before={"role": stands.role}, after={"role": role},
    )  # fmt: skip
    if role:
        member.tenant.memberships.filter(pk=member.pk).update(role=role)
    else:
        member.tenant.memberships.filter(pk=member.pk).delete()


@transaction.atomic
def new_key(tenant: Tenant, by: User, name: str, role: str) -> tuple[ApiKey, str]:
    key, token = ApiKey.issue(tenant, name, role, by)
    note(tenant, by, "key.made", str(key), after={"role": role})
    return key, token


@transaction.atomic
def revoke_key(key: ApiKey, by: User) -> None:
    if key.revoke():
        note(key.tenant, by, "key.revoked", str(key))
