"""Compare the store with the lake now, and repair if told to. Ends with 1 when they differ."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from carousel.models import Tenant
from pricing.validation import looking, repair
from pricing.validation.models import Validation


class Command(BaseCommand):
    help = "Compare every sale of the store with the lake. Without --apply a repair is only told."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="slug; all tenants when left out")
        parser.add_argument("--repair", action="store_true")
        parser.add_argument("--apply", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.filter(is_active=True)
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
        found = [self._one(tenant, options) for tenant in tenants]
        if any(one.state != Validation.State.EQUAL for one in found):
            sys.exit(1)

    def _one(self, tenant: Tenant, options: dict[str, Any]) -> Validation:
        found = looking.look(tenant)
        self._say(found, as_json=options["json"])
        if options["repair"] and found.state != Validation.State.EQUAL:
            self.stdout.write(repair.plan(found).sentence)
            if options["apply"]:
                found = repair.repair(found)
                self._say(found, as_json=options["json"])
        return found

    def _say(self, found: Validation, *, as_json: bool) -> None:
        told = {
            "tenant": found.tenant.slug,
            "state": found.state,
            "sales": found.sales,
            "on_the_way": found.on_the_way,
            "lacks": found.lacks.count(),
            "seconds": found.seconds,
        }
        words = ", ".join(f"{name} {value}" for name, value in told.items())
        self.stdout.write(json.dumps(told) if as_json else words)
