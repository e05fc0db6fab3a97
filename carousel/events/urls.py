"""Addresses of the event log and of the dead letters."""

from django.urls import path

from carousel.events import export_views, views

urlpatterns = [
    path("events/", views.log, name="events"),
    path("events/<uuid:pk>/resend/", views.resend, name="resend-event"),
    path("events/dead/", views.dead, name="dead-letters"),
    path("events/dead/replay/", views.replay, name="replay-letters"),
    path("events/dead/aside/", views.set_aside, name="set-letters-aside"),
    path("events/exports/", export_views.exports, name="exports"),
]
