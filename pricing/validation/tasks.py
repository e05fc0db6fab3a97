"""Celery's doors to a look and a repair that a person asked for. Nothing is decided here."""

from uuid import UUID

from celery import shared_task

from carousel.models import Tenant, User
from pricing.validation import looking, repair
from pricing.validation.models import Validation


@shared_task(name="pricing.validation.tasks.look_now")
def look_now(tenant: str) -> None:
    looking.look(Tenant.objects.get(pk=UUID(tenant)))


@shared_task(name="pricing.validation.tasks.repair_now")
def repair_now(validation: str, user: str) -> None:
    found = Validation.objects.select_related("tenant").get(pk=UUID(validation))
    repair.repair(found, User.objects.filter(pk=UUID(user)).first())
