"""Plain functions that make groups for tests."""

from typing import Any

from grouping import history
from grouping.models import Group, GroupPhoto
from imaging.models import Batch, Photo
from tests.makers import make_batch, make_photo, make_user

__all__ = ["make_asked", "make_group", "photos_in"]


def make_group(batch: Batch | None = None, photos: int | list[Photo] = 1, **fields: Any) -> Group:
    """A group with that many new photos, or with these, after the others on the page."""
    batch = batch or make_batch()
    fields.setdefault("position", float(Group.objects.filter(batch=batch).count() + 1))
    fields.setdefault("name", f"Item {fields['position']:.0f}")
    group = Group.objects.create(tenant=batch.tenant, batch=batch, **fields)
    members = photos if isinstance(photos, list) else [make_photo(batch) for _ in range(photos)]
    for position, photo in enumerate(members):
        GroupPhoto.objects.create(tenant=batch.tenant, group=group, photo=photo, position=position)
    return group


def photos_in(group: Group) -> list[Any]:
    """The ids of the group's photos, in their order."""
    return list(group.members.order_by("position").values_list("photo_id", flat=True))


def make_asked(email: str = "alice@example.com", **fields: Any) -> history.Asked:
    fields.setdefault("kind", "test")
    fields.setdefault("label", "Test")
    return history.Asked(user=make_user(email), **fields)
