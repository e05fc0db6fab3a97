"""The three stages of a shelf. Each looks whether its result is there before it asks anybody."""

import io
from dataclasses import asdict
from typing import cast

from django.conf import settings
from django.db import transaction

from carousel import storage
from carousel.errors import GiveUp
from imaging.bookshelf import catalogue, final, lookups
from imaging.bookshelf.asked import Photographed, Shelved
from imaging.bookshelf.candidates import Candidate
from imaging.bookshelf.models import Shelf, Spine
from imaging.bookshelf.ocr import MAX_SIDE
from imaging.bookshelf.reading import Reading
from imaging.inference import chains
from imaging.jobs.models import Step
from imaging.pixels import guard
from imaging.pixels.errors import Rejected

PICTURE_SIDE, PICTURE_QUALITY = 2400, 82


def read_text(step: Step) -> None:
    """Opened in a process of its own, shown upright, read. Keeps the raw lines with their boxes."""
    shelf = shelf_of(step)
    if shelf.reading:
        return
    try:
        image = guard.guarded_open(shelf.read(), MAX_SIDE)
    except Rejected as error:
        raise GiveUp(error.sentence) from error
    image = image.convert("RGB")
    shelf.keep(picture=_pictured(shelf, image), width=image.width, height=image.height)
    made = chains.ask("read_text", Photographed(image), shelf.tenant, shelf.pk)
    reading = cast(Reading, made.value)
    shelf.keep(reading=reading.as_json())
    step.model = made.model
    step.result = {"lines": len(reading.lines), "columns": len(reading.columns)}


def candidates(step: Step) -> None:
    """Which lines are one book, and what it says. An empty list is an answer too."""
    shelf = shelf_of(step)
    if shelf.candidates is not None:
        return
    least = settings.BOOKS_LEAST_CONFIDENCE / 100
    question = Shelved(shelf.as_reading(), catalogue.of_tenant(shelf.tenant), least)
    made = chains.ask("book_candidates", question, shelf.tenant, shelf.pk)
    found = cast(tuple[Candidate, ...], made.value)
    shelf.keep(candidates=[asdict(each) for each in found])
    step.model = made.model
    step.result = {"candidates": len(found), "aside": sum(each.aside for each in found)}


def lookup(step: Step) -> None:
    """One spine after the other, so that a second run goes on where the first one stopped."""
    shelf = shelf_of(step)
    known = catalogue.of_tenant(shelf.tenant)
    there = set(shelf.spines.values_list("position", flat=True))
    for position, given in enumerate(shelf.candidates or []):
        if position not in there:
            _shelve(shelf, position, read_candidate(given), known)
    spines = list(shelf.spines.all())
    shelf.keep(final=[final.book(spine) for spine in spines if not spine.aside])
    step.result = {"books": len(spines), "validated": sum(spine.validated for spine in spines)}


def shelf_of(step: Step) -> Shelf:
    shelf = Shelf.objects.live().filter(pk=step.job.subject_id, tenant_id=step.tenant_id).first()
    if shelf is None:
        raise GiveUp("The shelf was deleted.")
    return shelf


def read_candidate(given: dict[str, object]) -> Candidate:
    listed = ("lines", "box", "inferred")
    return Candidate(**{k: tuple(v) if k in listed else v for k, v in given.items()})  # type: ignore[arg-type]


def _pictured(shelf: Shelf, image: object) -> str:
    small = image.copy()  # type: ignore[attr-defined]
    small.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=PICTURE_QUALITY)
    key = f"shelves/{shelf.tenant_id}/{shelf.pk}/upright.webp"
    storage.save_bytes(key, buffer.getvalue())
    return key


def _shelve(
    shelf: Shelf, position: int, candidate: Candidate, known: catalogue.TenantCatalogue | None
) -> None:
    found = lookups.look_up(shelf.tenant, known, candidate)
    best = found.best.book if found.best else None
    with transaction.atomic():
        Spine.objects.get_or_create(
            shelf=shelf,
            position=position,
            defaults={
                "tenant": shelf.tenant,
                "box": list(candidate.box),
                "text": candidate.text,
                "label": candidate.label[:60],
                "read_title": candidate.read_title[:600],
                "read_author": candidate.read_author[:300],
                "title": (best.title if best else candidate.title)[:600],
                "author": ((best and best.author) or candidate.author)[:300],
                "isbn": best.isbn if best else "",
                "publisher": best.publisher if best else "",
                "published": best.published if best else "",
                "cover": best.cover if best else "",
                "volume": best.volume if best else "",
                "confidence": candidate.confidence,
                "match_score": round(found.best.score, 3) if found.best else None,
                "validated": best is not None,
                "aside": candidate.aside and best is None,
                "needs_choice": found.ask,
                "inferred": list(candidate.inferred),
                "source": best.source if best else "unverified",
                "notes": [note[:200] for note in found.notes],
                "editions": [edition.as_json() for edition in found.editions],
            },
        )
        shelf.touch()
