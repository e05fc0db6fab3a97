"""The sign-in page."""

from django.contrib.auth.views import LoginView


class SignIn(LoginView):
    template_name = "tenants/sign_in.html"
    redirect_authenticated_user = True
