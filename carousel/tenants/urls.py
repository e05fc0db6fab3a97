"""Signing in and out, and the settings pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from carousel.tenants import passwords, staff_oidc, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("sign-in/oidc/", staff_oidc.begin, name="oidc-begin"),
    path("sign-in/oidc/done/", staff_oidc.callback, name="oidc-callback"),
    path(
        "sign-in/new-password/<uidb64>/<token>/",
        passwords.NewPassword.as_view(),
        name="new-password",
    ),
    path("switch/", views.switch, name="switch-tenant"),
    path("settings/", views.options, name="settings"),
    path("settings/keys/", views.keys, name="settings-keys"),
    path("settings/keys/<uuid:pk>/revoke/", views.revoke, name="settings-key-revoke"),
    path("settings/people/", views.members, name="settings-people"),
    path("settings/people/<uuid:pk>/", views.person, name="settings-person"),
    path("settings/people/<uuid:pk>/link/", views.password_link, name="settings-person-link"),
    path("settings/password/", passwords.change, name="settings-password"),
    path("settings/history/", views.history, name="settings-history"),
]
