"""Groups over the JSON API: typed, versioned, scoped, with the same rules as the page."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now

from carousel.models import ApiKey, Tenant
from grouping.models import Edit, Group, Review, Tuning
from imaging.models import Job, Photo
from tests.grouping_makers import make_group, photos_in
from tests.makers import make_batch, make_product, make_tenant

pytestmark = pytest.mark.django_db


class Api:
    """A program with a key of a tenant."""

    def __init__(self, tenant: Tenant, role: str = "reviewer") -> None:
        _, token = ApiKey.issue(tenant, "Test", role)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        call = getattr(self.client, method)
        address = f"/api/v1{path}"
        return call(address, body, content_type="application/json", headers=self.headers)


@pytest.fixture
def api() -> Api:
    return Api(make_tenant())


def test_groups_are_listed_with_their_type_confidence_and_photos(api: Api):
    group = make_group(photos=2, confidence=0.96, band="same", weakest=0.93)

    answer = api.get(f"/batches/{group.batch_id}/groups").json()

    [found] = answer["groups"]
    assert (found["id"], found["name"], found["type"]) == (f"pg_{group.pk}", "Item 1", "auto")
    assert (found["confidence"], found["weakest"], found["band"]) == (0.96, 0.93, "same")
    assert found["photos"] == [str(photo) for photo in photos_in(group)]
    assert answer["next"] is None


def test_a_group_is_renamed_and_only_that_group(api: Api):
    group = make_group()
    other = make_group(group.batch)

    answer = api.send("patch", f"/groups/pg_{group.pk}", {"name": "Coat"})

    assert answer.status_code == 200
    assert answer.json()["groups"][0]["name"] == "Coat"
    assert Group.objects.get(pk=other.pk).name == "Item 2"


def test_an_unknown_field_is_refused(api: Api):
    group = make_group()

    answer = api.send("patch", f"/groups/{group.pk}", {"productName": "Coat"})

    assert answer.status_code == 422
    assert Group.objects.get().name == "Item 1"


def test_a_version_that_moved_on_is_refused(api: Api):
    group = make_group()
    api.send("patch", f"/groups/{group.pk}", {"name": "Coat", "version": 0})

    answer = api.send("patch", f"/groups/{group.pk}", {"name": "Jacket", "version": 0})

    assert answer.status_code == 409
    assert "changed this at" in answer.json()["detail"]
    assert Group.objects.get().name == "Coat"


def test_a_group_is_split_merged_again_and_all_of_it_undone(api: Api):
    group = make_group(photos=3)
    start = photos_in(group)

    made = api.send("post", f"/groups/{group.pk}/split", {}).json()
    assert made["gone"] == [f"pg_{group.pk}"]
    ids = [each["id"] for each in made["groups"]]
    merged = api.send("post", f"/batches/{group.batch_id}/groups/merge", {"groups": ids}).json()
    assert (merged["groups"][0]["type"], merged["groups"][0]["confidence"]) == ("merged", 1.0)
    for _ in range(2):
        api.send("post", f"/batches/{group.batch_id}/groups/undo", {})

    assert photos_in(Group.objects.get()) == start


def test_photos_are_moved(api: Api):
    batch = make_batch()
    one, two = make_group(batch, 2), make_group(batch, 1)
    photo = photos_in(one)[0]

    body = {"photos": [str(photo)], "to": f"pg_{two.pk}", "index": 0}
    api.send("post", f"/batches/{batch.pk}/groups/move", body)

    assert photos_in(two)[0] == photo


def test_accepting_the_sure_ones_leaves_the_others(api: Api):
    batch = make_batch()
    make_group(batch, 2, band="same")
    make_group(batch, 2, band="likely")

    answer = api.send("post", f"/batches/{batch.pk}/groups/accept", {"which": "sure"})

    assert [group["state"] for group in answer.json()["groups"]] == ["accepted"]
    assert Group.objects.accepted().count() == 1


def test_process_groups_starts_one_job_for_each_group(api: Api):
    batch = make_batch()
    groups = [make_group(batch, 2) for _ in range(3)]

    body = {"groups": [f"pg_{group.pk}" for group in groups]}
    answer = api.send("post", "/bg-remover/process-groups", body)

    assert answer.status_code == 202
    assert len(answer.json()["jobs"]) == Job.objects.filter(kind="listing").count() == 3


def test_of_a_change_that_is_refused_in_part_nothing_is_made(api: Api):
    group = make_group(photos=2)

    answer = api.send("patch", f"/groups/{group.pk}", {"name": "Lamp", "cover": str(uuid4())})

    assert answer.status_code == 409
    assert (Group.objects.get().name, Edit.objects.count()) == (group.name, 0)


def test_groups_of_two_batches_are_accepted_all_or_none(api: Api):
    groups = [make_group(make_batch(), 2) for _ in range(2)]
    last = max(groups, key=lambda group: group.batch_id)
    Photo.objects.filter(batch=last.batch).update(deleted_at=now())

    body = {"groups": [str(group.pk) for group in groups]}
    answer = api.send("post", "/bg-remover/process-groups", body)

    assert answer.status_code == 409
    assert not Group.objects.accepted().exists()
    assert (Edit.objects.count(), Job.objects.count()) == (0, 0)


def test_regrouping_can_be_tried_without_changing_anything(api: Api):
    group = make_group(photos=2)

    body = {"strictness": 0.9, "dry_run": True}
    answer = api.send("post", f"/batches/{group.batch_id}/groups/regroup", body)

    assert answer.json()["groups_before"] == 1
    assert not Edit.objects.exists()


def test_the_log_of_edits_is_told(api: Api):
    group = make_group()
    api.send("patch", f"/groups/{group.pk}", {"name": "Coat"})

    [line] = api.get(f"/batches/{group.batch_id}/groups/edits").json()

    assert (line["kind"], line["label"]) == ("rename", "Item 1 is now Coat")


def test_another_tenant_finds_nothing():
    group = make_group(photos=2)
    stranger = Api(make_tenant("other"))

    assert stranger.get(f"/batches/{group.batch_id}/groups").status_code == 404
    assert stranger.get(f"/groups/{group.pk}").status_code == 404
    assert stranger.send("patch", f"/groups/{group.pk}", {"name": "Mine"}).status_code == 404
    assert stranger.send("post", f"/groups/{group.pk}/split", {}).status_code == 404
    body = {"groups": [str(group.pk), str(uuid4())]}
    assert stranger.send("post", "/bg-remover/process-groups", body).status_code == 404
    assert not Edit.objects.exists()


def test_possible_matches_are_listed_and_judged_for_good(api: Api):
    batch = make_batch()
    one, two = make_group(batch, 1), make_group(batch, 1)
    photos = sorted(str(photo) for group in (one, two) for photo in photos_in(group))
    Review.objects.create(tenant=batch.tenant, batch=batch, matches=[[*photos, 0.8]])
    address = f"/batches/{batch.pk}/groups/matches"
    [match] = api.get(address).json()
    assert match["score"] == 0.8

    api.send("post", address, {"groups": match["groups"], "same": False})

    assert api.get(address).json() == []
    assert Group.objects.count() == 2 and Edit.objects.get().kind == "apart"


def test_a_version_is_named_and_returned_to(api: Api):
    group = make_group(photos=2)
    api.send("patch", f"/groups/{group.pk}", {"name": "Coat"})
    address = f"/batches/{group.batch_id}/groups"
    seq = api.send("post", f"{address}/checkpoint", {"name": "Before lunch"}).json()["seq"]
    api.send("patch", f"/groups/{group.pk}", {"name": "Hat"})
    api.send("post", f"/groups/{group.pk}/split", {})

    api.send("post", f"{address}/undo", {"to": seq})

    assert [row.name for row in Group.objects.all()] == ["Coat"]


def test_an_item_of_before_is_kept_apart(api: Api):
    group, product = make_group(), make_product(title="Coat")
    photo = str(photos_in(group)[0])
    seen = [[photo, str(product.pk), 0.97]]
    Review.objects.create(tenant=group.tenant, batch=group.batch, seen=seen)
    assert api.get(f"/groups/{group.pk}/seen").json()[0]["title"] == "Coat"
    [found] = api.get(f"/batches/{group.batch_id}/groups/seen").json()
    assert (found["product_id"], found["standing"]) == (str(product.pk), "in draft")

    body = {"product_id": str(product.pk), "verdict": "apart"}
    assert api.send("post", f"/groups/{group.pk}/seen", body).status_code == 200

    assert api.get(f"/batches/{group.batch_id}/groups/seen").json() == []


@pytest.mark.parametrize("role", ["reviewer", "manager"])
def test_a_shop_says_who_may_merge_and_split(role: str):
    tenant = make_tenant(settings={"advanced_from": "manager"})
    api, group = Api(tenant, role), make_group(photos=3)

    split = api.send("post", f"/groups/{group.pk}/split", {})
    named = api.send("patch", f"/groups/{group.pk}", {"name": "Coat"})

    assert split.status_code == (200 if role == "manager" else 403)
    assert Group.objects.count() == (3 if role == "manager" else 1)
    assert named.status_code == (404 if role == "manager" else 200)


def test_a_proposal_of_the_grouping_is_declined_by_a_manager():
    tenant = make_tenant()
    side = {"precision": 0.9, "recall": 0.8, "f1": 0.85}
    row = Tuning.objects.create(
        tenant=tenant, model="m", slope=1, intercept=0, floor=0.8,
        figures={"pairs": 90, "before": side, "after": side},
    )  # fmt: skip
    address = f"/grouping/tunings/{row.pk}/decline"
    assert Api(tenant).send("post", address).status_code == 403
    manager = Api(tenant, "manager")

    assert manager.send("post", address).json()["state"] == "declined"

    assert manager.send("post", f"/grouping/tunings/{row.pk}/apply").status_code == 409
    assert [each["pairs"] for each in manager.get("/grouping/tunings").json()] == [90]
