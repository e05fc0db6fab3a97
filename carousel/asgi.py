"""The web server's entrance."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
os.environ.setdefault("CAROUSEL_WEB", "true")

application = get_asgi_application()
