"""Every model has a page for data fixes; a shop's own staff see their shop only."""

from functools import partial

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils.timezone import now

from carousel import data_fixes, storage
from carousel.models import Product, RefreshToken, User
from grouping import edits, history
from grouping.models import Edit
from imaging.models import Batch
from tests.grouping_makers import make_asked, make_group
from tests.makers import (
    make_batch,
    make_photo,
    make_product,
    make_step,
    make_tenant,
    make_user,
)
from tests.world import SECRET, make_world

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


@pytest.fixture
def keeper(client):
    """May repair everything, at their own shop."""
    user = make_user("keeper@example.com", is_staff=True, role="admin")
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return user


def address(model, what, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def fill(client, path, **words):
    """The form as it stands, with these words in it, sent."""
    form = client.get(path).context["adminform"].form
    there = {field.html_name: field.value() for field in form}
    kept = {name: value for name, value in there.items() if value not in (None, False)}
    return client.post(path, kept | {name: str(value) for name, value in words.items()})


@pytest.mark.django_db
def test_no_list_of_the_admin_tells_staff_of_another_shop(client, keeper):
    """Not a row, not a choice of a filter; every table that has a tenant."""
    make_world(make_tenant("rival", name=f"{SECRET} and Sons"))
    lists = {model.__name__: client.get(address(model, "changelist")) for model in MODELS}

    told = [name for name, answer in lists.items() if SECRET.encode() in answer.content]
    assert told == []
    assert {answer.status_code for answer in lists.values()} == {200, 403}
    assert sum(answer.status_code == 200 for answer in lists.values()) >= 40


@pytest.mark.django_db
def test_no_page_or_action_of_the_admin_reaches_another_shops_row(client, keeper):
    make_world(make_tenant("rival"))
    rows = [model.objects.all() for model in MODELS if hasattr(model, "tenant")]
    theirs = [row for each in rows for row in each.filter(tenant__slug="rival")]
    opened, done = [], []
    for row in theirs:
        pages = [client.get(address(type(row), what, row.pk)) for what in ("change", "history")]
        opened += [row for page in pages if page.status_code not in {302, 403, 404}]
        listed = client.get(address(type(row), "changelist")).context
        form = listed["action_form"] if listed else None
        for action in dict(form.fields["action"].choices) if form else ():
            sent = {"action": action, "_selected_action": [str(row.pk)], "post": "yes"}
            client.post(address(type(row), "changelist"), sent)
            done += [] if type(row).objects.filter(pk=row.pk).exists() else [row]

    assert (opened, done) == ([], [])
    assert len(theirs) >= 15


@pytest.mark.django_db
def test_what_staff_add_is_their_shops_and_points_at_its_rows_only(client, keeper):
    theirs = make_batch(make_tenant("rival"))
    ours = make_photo()

    added = fill(
        client,
        "/admin/imaging/batch/add/",
        name="New",
        tenant=theirs.tenant_id,
        created_by=keeper.pk,
    )
    moved = fill(client, f"/admin/imaging/photo/{ours.pk}/change/", batch=theirs.pk)

    ours.refresh_from_db()
    assert (added.status_code, Batch.objects.get(name="New").tenant) == (302, make_tenant())
    assert (moved.status_code, ours.batch.tenant) == (200, make_tenant())
    assert b"Select a valid choice" in moved.content


@pytest.mark.django_db
def test_staff_hand_in_sales_for_their_own_shop_only(client, keeper):
    rival = make_tenant("rival")

    field = client.get("/admin/pricing/import/add/").context["adminform"].form.fields["tenant"]

    assert list(field.queryset) == [make_tenant()]
    assert b'name="tenant"' in client.get("/admin/pricing/import/add/").content
    assert rival not in field.queryset


@pytest.mark.django_db
def test_an_edit_is_taken_back_from_its_row_in_the_log(client, root):
    batch = make_batch()
    kept, gone = make_group(batch, name="Cup"), make_group(batch, name="Mug")
    both = [kept.pk, gone.pk]
    scope, merge = history.Scope(groups=both), partial(edits.merge, groups=both)
    history.perform(batch, make_asked(), scope, merge)
    edit = Edit.objects.get()

    answer = client.post(
        "/admin/grouping/edit/",
        {"action": "undo", "_selected_action": [str(edit.pk)]},
        follow=True,
    )

    assert b"Taken back" in answer.content
    assert sorted(batch.groups.values_list("name", flat=True)) == ["Cup", "Mug"]
    assert client.get("/admin/grouping/edit/add/").status_code == 403


@pytest.mark.django_db
def test_a_list_counts_no_further_than_its_last_page(
    client, root, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(data_fixes, "MOST", 60)
    for _ in range(70):
        make_product()

    with django_assert_max_num_queries(12) as asked:
        page = client.get("/admin/carousel/product/?p=2")

    counts = [query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"]]
    assert page.context["cl"].result_count == 60
    assert len(page.context["cl"].result_list) == 10
    assert all("LIMIT 60" in count for count in counts) and counts
    assert Product.objects.count() == 70


@pytest.mark.parametrize("settings", ['{"same": "much"}', '["same"]', '{"studio": {"margin": 9}}'])
@pytest.mark.django_db
def test_settings_that_make_no_sense_are_not_kept(client, root, settings):
    shop = make_tenant()
    url = reverse("admin:carousel_tenant_change", args=[shop.pk])
    known = {"name": "Acme", "slug": "acme", "currency": "ISK", "is_active": "on"}

    answer = client.post(url, known | {"settings": settings})

    shop.refresh_from_db()
    assert "settings" in answer.context["adminform"].form.errors
    assert shop.settings == {}


@pytest.mark.django_db
def test_a_person_who_is_added_in_large_letters_can_sign_in(client, root):
    forms = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

    url = reverse("admin:carousel_user_add")
    client.post(url, {"email": "Ada@Example.com", "is_active": "on"} | forms)

    assert User.objects.get_by_natural_key("Ada@Example.com").email == "ada@example.com"


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
