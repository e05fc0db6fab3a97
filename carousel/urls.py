"""Every address, one line for each room of the house."""

from django.contrib import admin
from django.urls import include, path

from carousel.api import api

handler400 = "carousel.web.unreadable"
handler500 = "carousel.web.failed"

urlpatterns = [
    path("api/v1/", api.urls),  # first: programs ask most often, and every line above costs them
    path("", include("carousel.products.urls")),
    path("", include("carousel.events.urls")),
    path("", include("imaging.uploads.urls")),
    path("", include("imaging.bookshelf.urls")),
    path("", include("imaging.studio.urls")),
    path("", include("imaging.analysis.urls")),
    path("", include("grouping.urls")),
    path("", include("pricing.urls")),
    path("", include("pricing.validation.urls")),
    path("", include("carousel.tenants.urls")),
    path("", include("carousel.ops.urls")),
    path("admin/", admin.site.urls),
]
