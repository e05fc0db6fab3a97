"""Addresses of the products. `listed` and `delisted` are what staff may make of an item."""

from django.urls import path, re_path
from django.urls.converters import UUIDConverter

from carousel.products import files, views

urlpatterns = [
    path("files/<str:token>", files.show, name="file"),
    path("products/", views.index, name="products"),
    path("p/<uuid:pk>/", views.show, name="product"),
    path("p/<uuid:pk>/live/", views.live, name="product-live"),
    path("p/<uuid:pk>/edit/", views.edit, name="product-edit"),
    path("p/<uuid:pk>/use/<str:field>/", views.use, name="product-use"),
    path("p/<uuid:pk>/primary/", views.primary, name="product-primary"),
    path("p/<uuid:pk>/relist/", views.relist, name="product-relist"),
    path("p/<uuid:pk>/delete/", views.delete, name="product-delete"),
    path("p/<uuid:pk>/restore/", views.restore, name="product-restore"),
    re_path(
        rf"^p/(?P<pk>{UUIDConverter.regex})/become/(?P<state>listed|delisted)/$",
        views.become,
        name="product-become",
    ),
]
