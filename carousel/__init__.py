"""The project and the marketplace core."""

from carousel.celery import app as celery_app

__all__ = ["celery_app"]
