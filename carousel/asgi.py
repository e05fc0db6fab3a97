"""The web server's entrance."""

import os
from importlib import import_module

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver

from carousel.body_limit import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
os.environ.setdefault("CAROUSEL_WEB", "true")


class Handler(ASGIHandler):
    """Middleware and views run in one thread, in one go: none of ours is asynchronous.

    Django's own way would change threads four times a request, at 4 ms of the processor's time.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)
get_resolver().url_patterns  # noqa: B018 - imports every view, or the first visitor would wait for it
application = BodyLimit(Handler(), settings.MAX_REQUEST_BYTES)
if settings.WEB:
    import_module("carousel.ops.watchdog").start()  # its models are there only now
