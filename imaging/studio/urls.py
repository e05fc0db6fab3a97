"""Addresses of the photo page."""

from django.urls import path

from imaging.studio import views

urlpatterns = [
    path("photos/<uuid:pk>/", views.show, name="photo"),
    path("photos/<uuid:pk>/treat/", views.treat, name="photo-treat"),
    path("photos/<uuid:pk>/cut-again/", views.cut_again, name="photo-cut-again"),
    path("photos/<uuid:pk>/canvas/", views.canvas, name="photo-canvas"),
    path("photos/<uuid:pk>/fine/", views.fine, name="photo-fine"),
    path("b/<uuid:pk>/suspects/", views.suspects, name="suspects"),
    path("photos/<uuid:pk>/analyse-again/", views.analyse_again, name="photo-analyse-again"),
]
