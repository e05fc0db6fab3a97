"""The marketplace core as Django sees it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CarouselConfig(AppConfig):
    name = "carousel"
    verbose_name = "Marketplace"

    def ready(self) -> None:
        from carousel.tenants import walls  # the models must be loaded first

        post_migrate.connect(walls.build, sender=self, dispatch_uid="carousel.walls")
