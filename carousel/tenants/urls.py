"""Signing in and out, and the settings pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from carousel.tenants import staff_oidc, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("sign-in/oidc/", staff_oidc.begin, name="oidc-begin"),
    path("sign-in/oidc/done/", staff_oidc.callback, name="oidc-callback"),
    path("switch/", views.switch, name="switch-tenant"),
    path("settings/", views.options, name="settings"),
    path("settings/keys/", views.keys, name="settings-keys"),
    path("settings/keys/<uuid:pk>/revoke/", views.revoke, name="settings-key-revoke"),
    path("settings/people/", views.members, name="settings-people"),
    path("settings/people/<uuid:pk>/", views.person, name="settings-person"),
    path("settings/history/", views.history, name="settings-history"),
]
