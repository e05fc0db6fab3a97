"""Health, metrics, and the ops page."""

from django.urls import path

from carousel.ops import views

urlpatterns = [
    path("health", views.health, name="health"),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("metrics", views.measures, name="metrics"),
    path("ops/", views.dashboard, name="ops"),
    path("ops/readiness/", views.readiness, name="ops-readiness"),
    path("ops/run/<slug:name>/", views.run_now, name="ops-run"),
]
