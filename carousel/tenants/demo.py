"""A shop to try the program in, with one person who may do everything there."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from carousel.errors import Refused
from carousel.tenants.models import Membership, Tenant, User

EMAIL = "demo@carousel.example"
PASSWORD = "try-carousel"


@dataclass(frozen=True)
class Login:
    tenant: Tenant
    email: str
    password: str


@transaction.atomic
def make_demo() -> Login:
    """The demo shop and its login, made once. What was changed in them since stays as it is."""
    if settings.PRODUCTION:
        raise Refused("Everybody knows the demo's password, so production has no demo.")
    tenant, _ = Tenant.objects.get_or_create(slug="demo", defaults={"name": "Demo shop"})
    user = User.objects.filter(email=EMAIL).first() or User.objects.create_superuser(
        EMAIL, PASSWORD, full_name="Demo"
    )
    Membership.objects.get_or_create(
        tenant=tenant, user=user, defaults={"role": Membership.Role.ADMIN}
    )
    return Login(tenant, EMAIL, PASSWORD)
