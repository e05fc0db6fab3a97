"""Every model has a page for data fixes; a shop's own staff see their shop only."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils.timezone import now

from carousel import storage
from carousel.models import RefreshToken
from tests.makers import make_batch, make_photo, make_step, make_tenant, make_user

OURS = {"carousel", "imaging", "grouping", "pricing"}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]


@pytest.fixture
def root(client):
    user = make_user("root@example.com", is_superuser=True, is_staff=True)
    client.force_login(user)
    return user


def test_every_model_has_a_page():
    assert [model.__name__ for model in MODELS if model not in admin.site._registry] == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_opens(client, root, model):
    make_photo()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"

    assert client.get(reverse(name)).status_code == 200


@pytest.mark.django_db
def test_a_shops_own_staff_see_their_shop_only(client):
    staff = make_user(is_staff=True, role="admin")
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    make_batch(name="Our batch")
    theirs = make_batch(make_tenant("rival"), name="Their batch")
    client.force_login(staff)

    page = client.get("/admin/imaging/batch/").content.decode()
    other = client.get(f"/admin/imaging/batch/{theirs.pk}/change/")

    assert "Our batch" in page
    assert "Their batch" not in page
    assert other.status_code == 302
    assert client.get("/admin/carousel/user/").status_code == 403


@pytest.mark.django_db
def test_a_deactivated_person_is_out_of_everything(client, root):
    person = make_user("ada@example.com")
    RefreshToken.objects.create(
        tenant=make_tenant(), user=person, family=person.pk, digest="x", expires_at=now()
    )

    client.post(
        "/admin/carousel/user/", {"action": "deactivate", "_selected_action": [str(person.pk)]}
    )

    person.refresh_from_db()
    assert person.is_active is False
    assert RefreshToken.objects.get().revoked_at is not None


@pytest.mark.django_db
def test_an_open_job_is_stopped_from_its_page_and_its_progress_is_a_link_away(client, root):
    step = make_step("cutout")

    page = client.post(
        "/admin/imaging/job/",
        {"action": "cancel", "_selected_action": [str(step.job_id)]},
        follow=True,
    ).content.decode()

    step.refresh_from_db()
    assert (step.state, step.job.state) == ("dead", "failed")
    assert f'<a href="/b/{step.job.batch_id}/progress/">Estate</a>' in page


@pytest.mark.django_db
def test_pictures_are_seen_by_whoever_repairs_and_scripts_stay_locked_out(client, root):
    photo = make_photo(files={"160": {"key": "photos/a.webp", "sha256": "0", "size": 1}})

    answer = client.get("/admin/imaging/photo/")

    assert f'<img src="{storage.url_for("photos/a.webp")}"'.split("/files/")[0] in (
        answer.content.decode()
    )
    policy = answer["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in client.get("/products/")["Content-Security-Policy"]
    assert photo.pk


@pytest.mark.django_db
def test_a_failed_job_is_tried_again_from_its_page(client, root):
    step = make_step("cutout", state="dead", attempts=3)
    step.job.__class__.objects.update(state="failed", error="no")

    client.post("/admin/imaging/job/", {"action": "retry", "_selected_action": [str(step.job_id)]})

    step.refresh_from_db()
    assert (step.state, step.attempts, step.job.state) == ("waiting", 0, "processing")
