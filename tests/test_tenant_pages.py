"""The settings page: every option is there once, under a heading."""

import pytest

from carousel.tenants.options_form import SECTIONS, OptionsForm
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db


def test_every_option_has_one_place_under_a_heading():
    form = OptionsForm(make_tenant())

    shown = [field.name for _, fields in form.sections() for field in fields]

    assert sorted(shown) == sorted(form.fields)
    assert [title for title, _ in form.sections()] == list(SECTIONS)
