"""The marketplace core as Django sees it."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate


class CarouselConfig(AppConfig):
    name = "carousel"
    verbose_name = "Marketplace"

    def ready(self) -> None:
        from carousel import queue_checks  # the settings and the models must be loaded first
        from carousel.tenants import walls

        register(queue_checks.check_queue, "queue")
        post_migrate.connect(walls.build, sender=self, dispatch_uid="carousel.walls")
