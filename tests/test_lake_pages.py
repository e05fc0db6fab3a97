"""The report page: what differs is named, a dry run says what a repair does, managers repair."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.timezone import now

from carousel import celery_app, messages
from carousel.models import Membership
from pricing.models import Sale
from pricing.validation import looking
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    settings.LAKE_WAREHOUSE = tmp_path.as_uri()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"})


@pytest.fixture
def boss(client):
    client.force_login(make_user("boss@example.com", role=Membership.Role.MANAGER))
    return client


def make_difference(tenant=None):
    """A look that finds one sale the lake should have had long ago."""
    tenant = tenant or make_tenant()
    Sale.objects.create(
        tenant=tenant, sale_id=uuid4().hex, product_id="lost-1", price=100, sold_at=now(),
        category="Home", created_at=now() - timedelta(hours=2),
    )  # fmt: skip
    return looking.look(tenant)


def work(name, *arguments):
    """What a worker does with a message: the task by the name that the page sends."""
    celery_app.loader.import_default_modules()
    celery_app.tasks[f"pricing.validation.tasks.{name}"].run(*arguments)


def test_the_page_names_the_missing_row(boss):
    make_difference()

    html = boss.get(reverse("validations")).content.decode()

    assert "lost-1" in html and "Missing in the lake" in html and "1 rows differ" in html


def test_the_json_holds_every_row(boss):
    found = make_difference()

    told = boss.get(reverse("validation-json", args=[found.pk])).json()

    assert (told["state"], told["sales"]) == ("alert", 1)
    assert [(lack["side"], lack["key"]) for lack in told["lacks"]] == [("missing", "lost-1")]


def test_a_dry_run_says_what_it_would_do(boss):
    found = make_difference()

    html = boss.post(reverse("repair-validation", args=[found.pk])).content.decode()

    assert "Dry run, nothing was changed: 1 sales are sent again" in html
    assert Sale.objects.get().shipment is None


def test_the_worker_repairs_and_looks_again(boss):
    found = make_difference()

    work("repair_now", str(found.pk), str(uuid4()))

    newest = boss.get(reverse("validations")).content.decode()
    assert "rows differ" not in newest and "equal" in newest


def test_the_worker_looks_when_asked():
    work("look_now", str(make_tenant().pk))

    assert make_tenant().validations.get().state == "equal"


def test_only_managers_look_and_repair(client):
    client.force_login(make_user(role=Membership.Role.REVIEWER))
    found = make_difference()

    assert client.post(reverse("validate-now")).status_code == 403
    assert client.post(reverse("repair-validation", args=[found.pk])).status_code == 403


def test_who_asks_while_the_queue_is_away_is_told_that_nothing_was_begun(boss, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(celery_app, "send_task", away)

    answer = boss.post(reverse("validate-now"))

    assert answer.status_code == 503
    assert messages.AWAY in answer.content.decode()
    assert not make_tenant().validations.exists()


@pytest.mark.parametrize("name", ["validation", "validation-json"])
def test_another_shops_report_does_not_exist(boss, name):
    theirs = make_difference(make_tenant("rival"))

    assert boss.get(reverse(name, args=[theirs.pk])).status_code == 404
    assert b"lost-1" not in boss.get(reverse("validations")).content
