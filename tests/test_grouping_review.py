"""The review page over HTTP: what it shows, what each edit answers, what others may not see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from carousel.models import Product, Tenant, User
from grouping.models import Edit, Group, Link, Review
from imaging.models import Batch
from tests.grouping_makers import make_group, photos_in
from tests.makers import make_batch, make_photo, make_tenant, make_user

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
QUERIES_OF_A_MOVE = 24  # one of them for the scale that the shop has tuned
"""Of these 4 are savepoints that only a test has, 3 sign-in, 1 the session's new end."""


@pytest.fixture
def client() -> Client:
    return signed_in()


def signed_in(email: str = "alice@example.com", **fields: Any) -> Client:
    client = Client()
    client.force_login(
        make_user(email, **fields), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def post(client: Client, address: str, **data: Any) -> Any:
    """As the page's script does it."""
    return client.post(address, data, headers={"HX-Request": "true"})


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_page_shows_the_groups_in_shooting_order(client: Client):
    batch = make_batch()
    make_group(batch, 2, name="Second", position=2)
    make_group(batch, 3, name="First", position=1)

    page = text(client.get(f"/b/{batch.pk}/review/"))

    assert page.index("First") < page.index("Second")
    assert page.count('name="photo"') == 5


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ("all", ["A", "B", "C", "D"]),
        ("check", ["B", "D"]),
        ("sure", ["A"]),
        ("accepted", ["C"]),
        ("singles", ["D"]),
    ],
)
def test_filters_show_a_part_of_the_groups(client: Client, filter_: str, names: list[str]):
    batch = make_batch()
    make_group(batch, 2, name="A", band="same")
    make_group(batch, 2, name="B", band="likely")
    make_group(batch, 2, name="C", band="same", state="accepted")
    make_group(batch, 1, name="D")

    cards = client.get(f"/b/{batch.pk}/review/", {"filter": filter_}).context["cards"]

    assert [card.group.name for card in cards] == names


def test_some_groups_come_first_and_the_rest_in_chunks(client: Client):
    batch = make_batch()
    for _ in range(50):
        make_group(batch)

    page = client.get(f"/b/{batch.pk}/review/")
    rest = client.get(
        f"/b/{batch.pk}/review/",
        {"after": page.context["rest"]},
        headers={"HX-Request": "true"},
    )

    assert len(page.context["cards"]) == 36
    assert [card.group.name for card in rest.context["cards"]] == [
        f"Item {n}" for n in range(37, 51)
    ]
    assert "<html" not in text(rest)


def test_the_number_of_queries_does_not_grow_with_the_groups(
    client: Client, django_assert_num_queries: Any
):
    few, many = make_batch(), make_batch()
    make_group(few, 2)
    for _ in range(60):
        make_group(many, 3)

    for batch in (few, many):
        with django_assert_num_queries(16):
            client.get(f"/b/{batch.pk}/review/")


def test_an_edit_answers_with_the_touched_card_the_toolbar_and_a_toast(client: Client):
    group = make_group(photos=2)

    response = post(client, f"/g/{group.pk}/rename/", name="Wool jacket", v=f"{group.pk}:0")

    assert response.status_code == 200
    assert f'hx-target="#g-{group.pk}" hx-swap="outerMorph"' in text(response)
    assert 'hx-target="#bar"' in text(response)
    assert "Group Updated: Item 1 is now Wool jacket" in text(response)


def test_the_same_name_again_changes_nothing(client: Client):
    group = make_group()

    assert post(client, f"/g/{group.pk}/rename/", name="Item 1").status_code == 204


def test_without_a_script_an_edit_comes_back_to_the_page(client: Client):
    group = make_group()

    response = client.post(f"/g/{group.pk}/rename/", {"name": "Jacket"}, follow=True)

    assert response.redirect_chain == [(f"/b/{group.batch_id}/review/", 302)]
    assert "Group Updated: Item 1 is now Jacket" in text(response)


def test_a_bad_name_is_refused_in_words(client: Client):
    group = make_group()

    response = post(client, f"/g/{group.pk}/rename/", name="  ")

    assert response.status_code == 409
    assert "A group needs a name." in text(response)
    assert Group.objects.get().name == "Item 1"


def test_a_stale_edit_answers_409_with_the_card_of_now_and_who_changed_it(client: Client):
    group = make_group()
    post(signed_in("bob@example.com"), f"/g/{group.pk}/rename/", name="Coat", v=f"{group.pk}:0")

    response = post(client, f"/g/{group.pk}/rename/", name="Mine", v=f"{group.pk}:0")

    assert response.status_code == 409
    assert f'hx-target="#g-{group.pk}" hx-swap="outerHTML"' in text(response)
    assert "bob@example.com changed this at" in text(response)
    assert "Coat</a>" in text(response) and "Mine" not in text(response)
    assert Group.objects.get().name == "Coat"


def test_splitting_says_into_how_many_groups(client: Client):
    group = make_group(photos=3)

    response = post(client, f"/g/{group.pk}/split/")

    assert "Group Split: Split into 3 groups" in text(response)
    assert [g.name for g in Group.objects.in_order()] == [f"Item 1 - Image {n}" for n in (1, 2, 3)]
    assert {(g.kind, g.confidence) for g in Group.objects.all()} == {("manual", 1.0)}
    assert f'hx-target="#g-{group.pk}" hx-swap="delete"' in text(response)


def test_splitting_chosen_photos_off_keeps_the_rest_together(client: Client):
    group = make_group(photos=5)
    chosen = photos_in(group)[:2]

    post(client, f"/g/{group.pk}/split/", photo=",".join(map(str, chosen)))

    assert [photos_in(g) for g in Group.objects.in_order()] == [
        [photo for photo in photos_in(group) if photo not in chosen],
        chosen,
    ]


def test_merging_makes_one_group_of_type_merged_with_the_mean_confidence(client: Client):
    batch = make_batch()
    one = make_group(batch, 2, confidence=0.9, weakest=0.88)
    two = make_group(batch, 1, confidence=0.8)

    response = post(client, f"/b/{batch.pk}/merge/", group=f"{one.pk},{two.pk}")

    merged = Group.objects.get()
    assert "Groups Merged: 2 groups into Merged: Item 1, Item 2" in text(response)
    assert (merged.pk, merged.kind, merged.name) == (one.pk, "merged", "Merged: Item 1, Item 2")
    assert merged.confidence == pytest.approx(0.85)


def test_merging_one_group_is_refused(client: Client):
    group = make_group()

    response = post(client, f"/b/{group.batch_id}/merge/", group=str(group.pk))

    assert response.status_code == 409
    assert "at least two groups" in text(response)


def test_photos_are_moved_to_a_place_in_another_group(client: Client):
    batch = make_batch()
    one, two = make_group(batch, 3), make_group(batch, 2)
    moved, there = photos_in(one)[1], photos_in(two)

    post(client, f"/b/{batch.pk}/move/", photo=str(moved), to=str(two.pk), index=1)

    assert photos_in(two) == [there[0], moved, there[1]]


def test_moving_into_a_full_group_is_refused_with_the_limit(client: Client):
    batch = make_batch()
    Tenant.objects.update(settings={"max_photos_per_group": 2})
    full, other = make_group(batch, 2), make_group(batch, 1)

    photo = str(photos_in(other)[0])
    response = post(client, f"/b/{batch.pk}/move/", photo=photo, to=str(full.pk))

    assert "at most 2 photos; this would make 3" in text(response)
    assert len(photos_in(full)) == 2


def test_photos_set_aside_are_in_the_tray_and_not_deleted(client: Client):
    group = make_group(photos=2)
    photo = photos_in(group)[0]

    response = post(client, f"/b/{group.batch_id}/move/", photo=str(photo), to="unsorted")

    assert 'hx-target="#tray"' in text(response)
    tray = client.get(f"/b/{group.batch_id}/review/").context["tray"]
    assert [each.pk for each in tray] == [photo]


def test_a_first_picture_can_be_chosen(client: Client):
    group = make_group(photos=3)
    photo = photos_in(group)[2]

    post(client, f"/g/{group.pk}/cover/", photo=str(photo))

    group.refresh_from_db()
    assert group.cover_id == photo


def test_accepting_all_sure_is_one_edit_with_one_undo(client: Client):
    batch = make_batch()
    for band in ("same", "same", "likely"):
        make_group(batch, 2, band=band)

    post(client, f"/b/{batch.pk}/accept/", sure="1")
    assert Group.objects.accepted().count() == Product.objects.live().count() == 2
    assert Edit.objects.count() == 1

    post(client, f"/b/{batch.pk}/undo/")
    assert Group.objects.accepted().count() == Product.objects.live().count() == 0


def test_rejecting_all_clears_the_groups_and_undo_brings_them_back(client: Client):
    batch = make_batch()
    groups = [make_group(batch, 2), make_group(batch, 1)]

    post(client, f"/b/{batch.pk}/reject-all/")
    assert (Group.objects.count(), batch.photos.live().count()) == (0, 3)

    post(client, f"/b/{batch.pk}/undo/")
    assert {g.pk for g in Group.objects.all()} == {g.pk for g in groups}


def test_undo_and_redo_walk_through_the_edits(client: Client):
    group = make_group()
    for name in ("Coat", "Jacket"):
        post(client, f"/g/{group.pk}/rename/", name=name)
    seen = []

    for turn in ("undo", "undo", "redo"):
        post(client, f"/b/{group.batch_id}/{turn}/")
        group.refresh_from_db()
        seen.append(group.name)

    assert seen == ["Coat", "Item 1", "Coat"]


def test_an_undo_and_a_redo_that_are_sent_twice_turn_one_edit(client: Client):
    group = make_group()
    for name in ("Coat", "Jacket"):
        post(client, f"/g/{group.pk}/rename/", name=name)
    last, seen = Edit.objects.get(label="Coat is now Jacket"), []

    for turn in ("undo", "undo", "redo", "redo"):
        answer = post(client, f"/b/{group.batch_id}/{turn}/", seq=last.seq)
        group.refresh_from_db()
        seen.append((answer.status_code, group.name))

    assert seen == [(200, "Coat")] * 2 + [(200, "Jacket")] * 2


def test_two_groups_judged_apart_are_not_asked_about_again(client: Client):
    batch = make_batch()
    one, two = make_group(batch), make_group(batch)
    pair = [str(photos_in(one)[0]), str(photos_in(two)[0])]
    Review.objects.create(tenant=batch.tenant, batch=batch, matches=[[*pair, 0.88]])
    assert client.get(f"/b/{batch.pk}/pairs/").context["match"]

    post(client, f"/b/{batch.pk}/pairs/judge/", group=f"{one.pk},{two.pk}", same="no")

    assert client.get(f"/b/{batch.pk}/pairs/").context["match"] is None
    assert Link.objects.get().verdict == "cannot"


def test_a_viewer_may_look_but_not_change():
    viewer, group = signed_in("eve@example.com", role="viewer"), make_group()

    assert viewer.get(f"/b/{group.batch_id}/review/").status_code == 200
    assert post(viewer, f"/g/{group.pk}/rename/", name="Mine").status_code == 403
    assert Group.objects.get().name == "Item 1"


PAGES = ["review", "edits", "sure", "targets", "pairs", "regroup/preview"]
EDITS = ["move", "merge", "reject-all", "undo", "redo", "checkpoint", "regroup", "pairs/judge"]
DECISIONS = ["accept", "reopen", "reject"]


@pytest.mark.parametrize("page", PAGES)
def test_another_tenant_does_not_see_a_batch(page: str):
    batch: Batch = make_group(photos=2).batch
    stranger = signed_in("charlie@example.com", tenant=make_tenant("other"))

    assert stranger.get(f"/b/{batch.pk}/{page}/").status_code == 404


@pytest.mark.parametrize("edit", EDITS + DECISIONS)
def test_another_tenant_does_not_change_a_batch(edit: str):
    group = make_group(photos=2)
    stranger = signed_in("charlie@example.com", tenant=make_tenant("other"))

    response = post(stranger, f"/b/{group.batch_id}/{edit}/", all="1", group=str(group.pk))

    assert response.status_code == 404
    assert not Edit.objects.exists()


@pytest.mark.parametrize("edit", ["rename", "split", "cut", "cover", *DECISIONS])
def test_another_tenant_does_not_change_a_group(edit: str):
    group = make_group(photos=2)
    stranger = signed_in("charlie@example.com", tenant=make_tenant("other"))

    response = post(stranger, f"/g/{group.pk}/{edit}/", name="Mine")

    assert response.status_code == 409
    assert "Item 1" not in text(response)
    assert not Edit.objects.exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_itself_whole_and_as_a_part(client: Client, page: str):
    batch = make_batch()
    make_group(batch, 2, band="same")
    make_photo(batch)

    whole = client.get(f"/b/{batch.pk}/{page}/")
    part = client.get(
        f"/b/{batch.pk}/{page}/", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )

    assert whole.status_code == part.status_code == 200
    assert "<html" in text(whole)


def test_one_group_shows_itself_large(client: Client):
    group = make_group(photos=3)

    assert "Why together" in text(client.get(f"/g/{group.pk}/"))
    assert "Why together" in text(client.get(f"/g/{group.pk}/why/"))


def test_a_split_that_is_sent_twice_is_answered_twice_and_made_once(client: Client):
    group = make_group(photos=3)

    first, second = (post(client, f"/g/{group.pk}/split/", key="once") for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert "Split into 3 groups" in text(second)
    assert Edit.objects.count() == 1


def test_a_group_at_which_a_colleague_is_can_be_split(client: Client):
    group = make_group(photos=3)
    here = f"/b/{group.batch_id}/presence/"
    post(signed_in("bob@example.com"), here, group=str(group.pk))
    assert text(post(client, here)) == "bob@example.com is here too, at Item 1"

    assert post(client, f"/g/{group.pk}/split/", v=f"{group.pk}:{group.version}").status_code == 200

    connection.check_constraints()  # What a commit would do.
    assert Group.objects.count() == 3
    assert text(post(client, here)) == "bob@example.com is here too"


def test_the_admin_shows_every_table_and_undoes_edits(client: Client):
    group = make_group(photos=2)
    post(client, f"/g/{group.pk}/rename/", name="Coat")
    boss = Client()
    boss.force_login(
        User.objects.create_superuser("boss@example.com", "a-long-password-1"),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    for model in ("group", "groupphoto", "edit", "link", "review", "presence"):
        assert boss.get(f"/admin/grouping/{model}/").status_code == 200
    chosen = {"action": "undo", "_selected_action": [str(Edit.objects.get().pk)]}
    boss.post("/admin/grouping/edit/", chosen)

    assert Group.objects.get().name == "Item 1"


@pytest.mark.parametrize("photos", [2, 20])
def test_an_edit_takes_as_many_queries_for_many_photos_as_for_few(
    client: Client, django_assert_num_queries: Any, photos: int
):
    batch = make_batch()
    one, two = make_group(batch, photos), make_group(batch, 1)
    for _ in range(10):
        make_group(batch, 3)
    post(client, f"/g/{two.pk}/rename/", name="Coat")
    photo = str(photos_in(one)[0])

    with django_assert_num_queries(QUERIES_OF_A_MOVE):
        post(client, f"/b/{batch.pk}/move/", photo=photo, to=str(two.pk))
