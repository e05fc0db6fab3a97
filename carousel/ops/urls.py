"""The health address, the only one that asks for no sign-in."""

from django.urls import path

from carousel.ops import views

urlpatterns = [path("", views.health, name="health")]
