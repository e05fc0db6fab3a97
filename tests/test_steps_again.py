"""Every step that there is, done twice by workers of whom one has lost its claim, after each other
and at once: what it made is there once. A step that is new and not told here fails the test."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from carousel import fetching, wiring
from carousel.models import Event
from grouping.models import Group, GroupPhoto
from imaging.analysis import shape
from imaging.analysis.models import Analysis
from imaging.bookshelf import catalogue, providers, shelving
from imaging.bookshelf.candidates import unplaced
from imaging.inference.answers import Answer
from imaging.jobs import pipeline, runner
from imaging.models import Embedding, Photo, Shelf, Spine, Step
from imaging.pixels import descriptor
from imaging.uploads import links
from pricing.models import Quote
from tests.book_makers import ELEVEN, KNOWN
from tests.makers import make_batch, make_tenant
from tests.test_steps_photo import jpeg
from tests.test_words_steps import product_of, shirt
from tests.upload_makers import make_jpeg, stored_files

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://pictures.example/shirt.jpg"
Work = Callable[[Step], None]


def after_each_other(work: Work, step: Step) -> None:
    work(Step.objects.select_related("job", "job__batch", "tenant").get(pk=step.pk))
    work(step)


def at_once(work: Work, step: Step) -> None:
    def other() -> None:
        with suppress(Exception):  # what becomes of the one that lost is nobody's business
            work(Step.objects.select_related("job", "job__batch", "tenant").get(pk=step.pk))
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(other)
        work(step)


@pytest.fixture(params=[after_each_other, at_once])
def twice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the runner calls is called a second time."""

    def found(path: str) -> Work:
        return lambda step: request.param(import_string(path), step)

    monkeypatch.setattr(runner, "import_string", found)


@pytest.fixture
def world(twice: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A photo that came by its address, an item made of it with a price, and a shelf of books."""
    settings.ALLOWED_IMAGE_HOSTS = ["pictures.example"]
    found = fetching.Fetched(jpeg(shirt((200, 30, 40))), "image/jpeg", "shirt.jpg")
    monkeypatch.setattr(fetching, "fetch", lambda _: found)
    monkeypatch.setattr(providers, "local_reader", lambda _: lambda _: Answer(unplaced(ELEVEN)))
    batch = make_batch()
    links.take(batch, None, [URL])
    catalogue.replace(batch.tenant, KNOWN)
    shelving.receive(batch.tenant, None, [make_jpeg(1)], "shelf.jpg")
    runner.drain()
    pipeline.start(batch.tenant, "listing", product_of(Photo.objects.get()).pk)
    runner.drain()


@pytest.mark.usefixtures("world")
def test_a_step_that_is_done_twice_makes_everything_once():
    photo, shelf = Photo.objects.get(), Shelf.objects.get()
    assert set(Step.objects.values_list("kind", flat=True)) == set(wiring.STEPS)
    assert set(Step.objects.values_list("state", "error")) == {("done", "")}
    assert (photo.state, shelf.state) == (Photo.State.READY, Shelf.State.READY)
    events = Event.objects.values_list("kind", flat=True)
    found = {
        "vectors": Embedding.objects.count(),
        "analyses": Analysis.objects.current().count(),
        "groups": Group.objects.count(),
        "photos in groups": GroupPhoto.objects.count(),
        "quotes": Quote.objects.filter(is_current=True).count(),
        "spines": Spine.objects.count(),
        "originals": sum("shirt" in name for name in stored_files(make_tenant())),
        "photo events": events.filter(kind="CarouselImageProcessed").count(),
        "shelf events": events.filter(kind="shelf.read").count(),
    }
    models = {settings.EMBEDDING_MODEL, descriptor.MODEL, shape.MODEL}
    assert found == dict.fromkeys(found, 1) | {"vectors": len(models), "spines": 3}
