"""Photos, models and words as Django sees them."""

from django.apps import AppConfig
from django.core.checks import register


class ImagingConfig(AppConfig):
    name = "imaging"

    def ready(self) -> None:
        from imaging import rules_check  # the models must be loaded first

        register(rules_check.check_rules, "rules")
