"""A drawn shoot for the review page's stories: run inside the program by `manage.py shell -c`.

`seed` makes a batch of groups as the program would have proposed them; `spoil` puts errors into it.
"""

import colorsys
import io
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
from django.db.models import F
from PIL import Image, ImageDraw

from carousel.models import Membership, Tenant, User
from grouping.models import Group, GroupPhoto, Review
from imaging.analysis.models import Analysis
from imaging.models import Batch, Embedding, Photo

PASSWORD = "a-long-password-1"
WHO = ("alice@example.com", "bob@example.com")
THINGS = ("lamp", "chair", "boot", "vase")


def seed(items: int = 6, photos: int = 18, *, grouped: bool = True, name: str = "Estate") -> Batch:
    """Groups of one item each, in shooting order; every third is only likely."""
    tenant = shop()
    batch = Batch.objects.create(tenant=tenant, name=name)
    made = [make_photo(batch, n, items * n // photos) for n in range(photos)]
    if grouped:
        for item in range(items):
            own = [photo for n, photo in enumerate(made) if items * n // photos == item]
            make_group(batch, own, item)
    Review.objects.create(tenant=tenant, batch=batch, model="carousel-descriptor-1")
    return batch


def crowd(items: int, photos: int) -> Batch:
    """Many photos quickly: the pictures of one item are the same file, and nothing has a vector."""
    batch = Batch.objects.create(tenant=shop(), name="Crowd")
    first = make_photo(batch, 0, 0)
    rest = Photo.objects.bulk_create(
        Photo(
            tenant=batch.tenant, batch=batch, index=n, filename=f"IMG_{n:04}.jpg", size=1000,
            sha256=uuid4().hex * 2, state=Photo.State.READY, files=first.files,
            taken_at=datetime(2026, 5, 4, 10, tzinfo=UTC) + timedelta(seconds=20 * n),
        )
        for n in range(1, photos)
    )  # fmt: skip
    held: dict[int, list[Photo]] = {}
    for n, photo in enumerate([first, *rest]):
        held.setdefault(items * n // photos, []).append(photo)
    for item, own in held.items():
        make_group(batch, own, item)
    return batch


def shop() -> Tenant:
    tenant, _ = Tenant.objects.get_or_create(slug="review", defaults={"name": "Estate shop"})
    for email in WHO:
        if not User.objects.filter(email=email).exists():
            user = User.objects.create_user(email, PASSWORD, full_name=email.split("@")[0].title())
            Membership.objects.create(tenant=tenant, user=user, role="reviewer")
    return tenant


def make_photo(batch: Batch, n: int, item: int) -> Photo:
    photo = Photo.objects.create(
        tenant=batch.tenant,
        batch=batch,
        index=n,
        filename=f"IMG_{n:04}.jpg",
        sha256=uuid4().hex * 2,
        size=1000,
        state=Photo.State.READY,
        quality={"item": item},
        taken_at=datetime(2026, 5, 4, 10, tzinfo=UTC) + timedelta(seconds=20 * n),
    )
    photo.keep(dict.fromkeys(("160", "320", "1280"), draw(item, n)))
    numbers = np.random.default_rng(item)
    vector = numbers.normal(size=1024) + 0.2 * np.random.default_rng(1000 + n).normal(size=1024)
    Embedding.objects.create(
        tenant=batch.tenant,
        photo=photo,
        model="carousel-descriptor-1",
        vector=list(vector / np.linalg.norm(vector)),
    )
    return photo


def make_group(batch: Batch, photos: list[Photo], item: int) -> Group:
    band, confidence = ("likely", 0.88) if item % 3 == 0 else ("same", 0.96)
    single = len(photos) == 1
    group = Group.objects.create(
        tenant=batch.tenant,
        batch=batch,
        name=f"Item {item + 1}",
        band="single" if single else band,
        confidence=1.0 if single else confidence,
        weakest=None if single else confidence - 0.08,
        position=float(photos[0].index),
        why={"rule": "alike"},
    )
    GroupPhoto.objects.bulk_create(
        GroupPhoto(tenant=batch.tenant, group=group, photo=photo, position=place)
        for place, photo in enumerate(photos)
    )
    return group


def draw(item: int, n: int) -> bytes:
    """A thing of its item's colour and form, turned a little from photo to photo."""
    chance = random.Random(n)
    image = Image.new("RGB", (320, 320), (226 + n % 5, 224, 220))
    pen = ImageDraw.Draw(image)
    red, green, blue = colorsys.hsv_to_rgb((item * 0.381966) % 1, 0.55, 0.72)
    ink = (int(red * 255), int(green * 255), int(blue * 255))
    left, top = 60 + chance.randrange(30), 50 + chance.randrange(30)
    thing = THINGS[item % len(THINGS)]
    if thing == "lamp":
        pen.polygon(
            [(left + 50, top), (left + 130, top), (left + 180, top + 110), (left, top + 110)], ink
        )
        pen.rectangle([left + 82, top + 110, left + 98, top + 190], ink)
        pen.ellipse([left + 40, top + 180, left + 140, top + 205], ink)
    elif thing == "chair":
        pen.rectangle([left, top, left + 18, top + 200], ink)
        pen.rectangle([left, top + 96, left + 130, top + 116], ink)
        pen.rectangle([left + 114, top + 96, left + 130, top + 200], ink)
        pen.rectangle([left, top + 16, left + 70, top + 34], ink)
    elif thing == "boot":
        pen.polygon(
            [
                (left, top + 20),
                (left + 70, top),
                (left + 90, top + 100),
                (left + 180, top + 140),
                (left + 180, top + 190),
                (left, top + 190),
            ],
            ink,
        )
    else:
        pen.ellipse([left + 10, top + 60, left + 170, top + 200], ink)
        pen.rectangle([left + 65, top, left + 115, top + 90], ink)
    image = image.rotate(chance.randrange(-12, 12), fillcolor=(226, 224, 220))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=60)
    return file.getvalue()


def spoil(batch: Batch) -> None:
    """Errors for a shoot of 60: 3 groups of two items, 4 items split, 5 stray photos."""
    rows = list(batch.groups.order_by("position"))
    for at in (4, 14, 24):
        rows[at + 1].members.update(group=rows[at], position=F("position") + 10)
        rows[at + 1].delete()
    for at in (30, 34, 38, 42):
        own = list(rows[at].members.order_by("position"))
        _cut(batch, rows[at], own[len(own) // 2 :])
    for at in (8, 18, 46, 50, 54):
        stray = rows[at].members.order_by("position").last()
        GroupPhoto.objects.filter(pk=stray.pk).update(group=rows[at + 1], position=9)


def label(batch: Batch) -> None:
    """What the analysis saw: it names every item by its thing, so that a key can take the name."""
    for photo in batch.photos.all():
        thing = THINGS[photo.quality["item"] % len(THINGS)]
        Analysis.objects.create(tenant=batch.tenant, photo=photo, model="drawn", label=thing)


def _cut(batch: Batch, group: Group, members: list[GroupPhoto]) -> None:
    other = Group.objects.create(
        tenant=batch.tenant, batch=batch, name=f"{group.name} b", band="likely", confidence=0.86,
        weakest=0.8, position=group.position + 0.5,
    )  # fmt: skip
    GroupPhoto.objects.filter(pk__in=[member.pk for member in members]).update(group=other)
