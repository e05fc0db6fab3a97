"""What a person may send to the settings pages."""

from django import forms

from carousel.tenants.models import Membership

ROLES = [("", "No access"), *Membership.Role.choices]


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, label="What will use it")
    role = forms.ChoiceField(choices=Membership.Role.choices, label="May do what a")


class PersonForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    full_name = forms.CharField(max_length=150, required=False, label="Name")
    role = forms.ChoiceField(
        choices=Membership.Role.choices, initial=Membership.Role.REVIEWER, label="Role"
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, required=False)
