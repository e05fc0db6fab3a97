"""The web server's entrance."""

import os
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application

from carousel.body_limit import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
os.environ.setdefault("CAROUSEL_WEB", "true")

application = BodyLimit(get_asgi_application(), settings.MAX_REQUEST_BYTES)
if settings.WEB:
    import_module("carousel.ops.watchdog").start()  # its models are there only now
