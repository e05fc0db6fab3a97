"""Addresses of the reports on store and lake."""

from django.urls import path

from pricing.validation import views

urlpatterns = [
    path("validation/", views.reports, name="validations"),
    path("validation/look/", views.look, name="validate-now"),
    path("validation/<uuid:pk>/", views.report, name="validation"),
    path("validation/<uuid:pk>.json", views.as_json, name="validation-json"),
    path("validation/<uuid:pk>/repair/", views.mend, name="repair-validation"),
]
