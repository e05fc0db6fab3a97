from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from carousel.errors import Refused
from carousel.models import ApiKey, AuditEntry, Membership
from carousel.tenants import api as tenants_api
from carousel.tenants import limits, people
from carousel.tenants.options import TenantOptions
from carousel.tenants.options_form import OptionsForm
from carousel.tenants.settings import change
from imaging.inference import chains, routing
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = make_user(role="admin")
    client.force_login(user)
    return user


def options(**changes):
    """What the page sends when nothing was touched, and `changes`."""
    form = OptionsForm(make_tenant())
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "on" if value is True else value for name, value in values.items()}
    return {name: value for name, value in sent.items() if value is not False} | changes


def test_a_changed_rule_works_at_once_and_is_in_the_history(client, admin):
    answer = client.post("/settings/", options(same="0.95"))

    entry = AuditEntry.objects.get()
    assert answer.status_code == 302
    assert make_tenant().options.same == 0.95
    assert (entry.user, entry.before, entry.after) == (admin, {"same": 0.92}, {"same": 0.95})
    assert b"settings.changed" in client.get("/settings/history/").content


def test_a_rule_out_of_range_is_refused_and_nothing_changes(client, admin):
    for wrong in ({"same": "1.5"}, {"likely": "0.95"}, {"price_comparables": "many"}):
        assert client.post("/settings/", options(**wrong)).status_code == 422

    assert make_tenant().settings == {}
    assert AuditEntry.objects.count() == 0


def test_two_tabs_do_not_overwrite_each_other(client, admin):
    page = client.get("/settings/")
    client.post("/settings/", options(same="0.95"))

    late = client.post(
        "/settings/", options(seen=page.context["seen"], currency="EUR", same="0.92")
    )

    shop = make_tenant()
    assert (late.status_code, shop.options.same, shop.currency) == (422, 0.95, "ISK")
    assert b"yours are not saved" in late.content
    assert b'name="seen" value="&quot;' in page.content


def test_what_nobody_touched_is_saved_as_it_was(client, admin):
    assert client.post("/settings/", options()).status_code == 302

    assert make_tenant().options == TenantOptions()
    assert AuditEntry.objects.count() == 0


def test_what_is_nested_has_a_field_each(client, admin):
    page = client.get("/settings/").content.decode()
    changed = {"studio.margin": "0.1", "studio.background": "", "action_limits.upload": "3000"}
    client.post("/settings/", options(**changed, **{"models.describe": "local/grammar-1"}))

    found = make_tenant().options
    assert "30 days: 15 %\n60 days: 30 %" in page
    assert (found.studio.margin, found.studio.background, found.studio.square) == (0.1, "", True)
    assert found.action_limits == {"upload": 3000}
    assert found.models == {"describe": "local/grammar-1"}
    client.post("/settings/", options(**{"models.describe": "", "action_limits.upload": ""}))
    assert (make_tenant().options.models, make_tenant().options.action_limits) == ({}, {})


def test_lists_are_written_a_line_each(client, admin):
    ladder, arms = (
        "14 days: 10 %\n\n28: 22,5",
        "usual: 0.5\ncareful: 0.5, half_life_days 30, top 12",
    )
    client.post("/settings/", options(markdown_steps=ladder, price_strategies=arms))

    found = make_tenant().options
    assert found.markdown_steps == ((14, 10.0), (28, 22.5))
    assert [each.model_dump() for each in found.price_strategies] == [
        {"name": "usual", "share": 0.5, "changes": {}},
        {"name": "careful", "share": 0.5, "changes": {"half_life_days": 30.0, "top": 12.0}},
    ]
    wrong = client.post("/settings/", options(markdown_steps="14 days: 10 %\nsoon: half"))
    assert wrong.status_code == 422
    assert "Line 2: write days and percent, like" in wrong.content.decode()
    assert make_tenant().options == found


def test_the_history_tells_only_of_what_was_changed(admin):
    shop, ada = make_tenant(), make_user("ada@example.com", role="viewer")
    key, _ = ApiKey.issue(shop, "shop front")
    member = shop.memberships.get(user=ada)
    for _ in range(2):
        people.revoke_key(key, admin)
        people.set_role(member, admin, "manager")
    people.set_role(member, admin, "")

    with pytest.raises(Refused, match="works here no more"):
        people.set_role(member, admin, "viewer")

    told = AuditEntry.objects.order_by("created_at").values_list("action", "before", "after")
    assert list(told) == [
        ("key.revoked", {}, {}),
        ("member.changed", {"role": "viewer"}, {"role": "manager"}),
        ("member.removed", {"role": "manager"}, {"role": ""}),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_person_who_is_added_several_times_at_once_is_added_once():
    shop, boss = make_tenant(), make_user("boss@example.com", role="admin")
    together = Barrier(8)

    def add():
        together.wait()
        try:
            people.invite(shop, boss, "Ada@Example.com", "Ada", "viewer")
        except Refused as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "added"

    with ThreadPoolExecutor(8) as pool:
        said = Counter(found.result() for found in [pool.submit(add) for _ in range(8)])

    assert said == {"added": 1, "Ada@Example.com works here already.": 7}
    assert shop.memberships.get(user__email="ada@example.com").user.has_usable_password() is False


def test_a_person_with_a_long_address_is_added_and_sent_away_again(client, admin):
    email = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.is"
    client.post("/settings/people/", {"email": email, "role": "viewer"})
    [member] = make_tenant().memberships.filter(user__email=email)

    client.post(f"/settings/people/{member.pk}/", {"role": ""})

    assert not make_tenant().memberships.filter(user__email=email).exists()
    assert {entry.subject for entry in AuditEntry.objects.all()} == {email[:120]}


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ("careful: 1, half_life_days 0", "careful: half_life_days goes from 1 to 365."),
        ("careful: 1, window_days 1e300", "careful: window_days goes from 7 to 730."),
        ("careful: 1, half_live_days 30", "careful: there is no rule half_live_days. There are:"),
    ],
)
def test_an_arm_changes_only_rules_that_there_are_and_within_reason(client, admin, arm, said):
    answer = client.post("/settings/", options(price_strategies=arm))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert make_tenant().settings == {}


def test_a_key_is_shown_once(client, admin):
    answer = client.post("/settings/keys/", {"name": "shop front", "role": "viewer"})

    key = ApiKey.objects.get()
    assert answer.content.count(b"ck_") >= 1
    assert f'<code id="token">{key.prefix}'.encode() in answer.content
    assert b'id="token"' not in client.get("/settings/keys/").content


def test_a_revoked_key_stays_listed_and_opens_nothing(client, admin):
    key, _ = ApiKey.issue(make_tenant(), "old")

    client.post(f"/settings/keys/{key.pk}/revoke/")

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert b"Revoked" in client.get("/settings/keys/").content


def test_the_last_administrator_stays(client, admin):
    me = Membership.objects.get()

    answer = client.post(f"/settings/people/{me.pk}/", {"role": "viewer"})

    assert answer.status_code == 409
    assert Membership.objects.get().role == "admin"


def test_a_person_is_added_and_loses_access_again(client, admin):
    client.post("/settings/people/", {"email": "New@example.com", "role": "reviewer"})
    added = Membership.objects.exclude(user=admin).get()

    client.post(f"/settings/people/{added.pk}/", {"role": ""})

    assert added.user.email == "new@example.com"
    assert Membership.objects.count() == 1
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {
        "member.added", "member.removed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("viewer", "/settings/", 200),
        ("reviewer", "/settings/keys/", 403),
        ("manager", "/settings/people/", 403),
        ("manager", "/settings/history/", 200),
        ("reviewer", "/settings/history/", 403),
    ],
)
def test_each_role_sees_what_it_may(client, role, path, status):
    client.force_login(make_user(role=role))

    assert client.get(path).status_code == status


def test_a_reviewer_may_not_change_the_rules(client):
    client.force_login(make_user(role="reviewer"))

    assert client.post("/settings/", options(same="0.95")).status_code == 403
    assert make_tenant().settings == {}


def test_another_shops_people_and_keys_do_not_exist(client, admin):
    rival = make_tenant("rival")
    theirs = make_user("eve@example.com", rival, role="admin").memberships.get()
    key, _ = ApiKey.issue(rival, "theirs")

    assert client.post(f"/settings/people/{theirs.pk}/", {"role": ""}).status_code == 404
    assert client.post(f"/settings/keys/{key.pk}/revoke/").status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()
    assert ApiKey.objects.live().filter(pk=key.pk).exists()


@pytest.fixture
def api(client):
    """A manager's program: `api("put", {...})`."""
    _, token = ApiKey.issue(make_tenant(), "back office", "manager")

    def call(method, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(client, method)(
            "/api/v1/settings",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"} | named,
        )

    return call


def test_a_program_changes_the_rules_at_once_and_it_is_in_the_history(api):
    answer = api("put", {"same": 0.95, "currency": "EUR", "action_limits": {"upload": 7}})

    shop, entry = make_tenant(), AuditEntry.objects.get()
    assert (answer.status_code, shop.currency, shop.options.same) == (200, "EUR", 0.95)
    assert limits._limit(shop.options, "upload") == 7
    assert (entry.before["currency"], entry.after["currency"]) == ("ISK", "EUR")


def test_two_programs_do_not_overwrite_each_other(api):
    seen = api("get")["ETag"]
    api("put", {"same": 0.95}, if_match=seen)

    late = api("put", {"same": 0.97}, if_match=seen)

    assert late.status_code == 412
    assert make_tenant().options.same == 0.95


def test_who_reads_before_a_change_and_writes_after_it_is_late(api, monkeypatch):
    """The other one writes between our door, where the shop is read, and our lock."""
    seen, ours = api("get")["ETag"], tenants_api.change

    def later(*args, **kwargs):
        change(make_tenant(), None, {"same": 0.95})
        ours(*args, **kwargs)

    monkeypatch.setattr(tenants_api, "change", later)
    late = api("put", {"same": 0.97}, if_match=seen)

    assert (late.status_code, make_tenant().options.same) == (412, 0.95)


def test_a_shop_chooses_its_models_and_only_those_there_are(api):
    good = api("put", {"models": {"describe": "local/grammar-1"}})
    bad = api("put", {"models": {"describe": "local/poet-9"}})
    vectors = api("put", {"models": {"embed": "local/descriptor-1"}})

    assert (good.status_code, bad.status_code, vectors.status_code) == (200, 409, 422)
    assert chains.chain_of("describe", make_tenant()) == routing.parse("local/grammar-1")
    assert "local/grammar-1" in bad.json()["detail"]


def test_a_field_that_does_not_exist_is_a_mistake(api):
    assert api("put", {"sane": 0.95}).status_code == 422
    assert make_tenant().settings == {}


def test_the_currency_is_chosen_on_the_page(client, admin):
    client.post("/settings/", options(currency="EUR"))

    assert make_tenant().currency == "EUR"
    assert AuditEntry.objects.get().after == {"currency": "EUR"}


def test_a_key_stops_with_the_person_who_made_it(client, admin):
    client.post("/settings/keys/", {"name": "mine", "role": "viewer"})
    key = ApiKey.objects.get()
    alive = ApiKey.objects.live().count()

    admin.deactivate()

    assert (key.created_by, alive, ApiKey.objects.live().count()) == (admin, 1, 0)
