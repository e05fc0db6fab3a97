"""What a photo's job means for the photo: ready, or failed with a sentence."""

import io
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from django.db.models import Case, Value, When
from PIL import Image

from carousel import storage
from carousel.errors import GiveUp
from carousel.events.outbox import record
from imaging.jobs.models import Job, Step
from imaging.pixels import kept
from imaging.pixels.opening import Inspection
from imaging.pixels.tags import Tag
from imaging.uploads.models import Photo, merged


def completed(job: Job) -> None:
    """Every step is done: the photo is ready, and the outside may know. Same transaction."""
    moved = Photo.objects.filter(
        pk=job.subject_id, state__in=[Photo.State.RECEIVED, Photo.State.PROCESSING]
    ).update(state=Photo.State.READY, reason="")
    if moved:
        record(
            job.tenant,
            "CarouselImageProcessed",
            subject=job.subject_id,
            job=str(job.pk),
            batch=str(job.batch_id),
            versions=_versions(Photo.objects.only("files").get(pk=job.subject_id)),
        )


def _versions(photo: Photo) -> dict[str, str]:
    """Each file made from it, by its name, and the file's SHA-256."""
    return {name: photo.files[name]["sha256"] for name in sorted(photo.files)}


def failed(job: Job, error: str) -> None:
    """A photo that a step rejected keeps that reason; any other failure gets the step's words."""
    Photo.objects.filter(pk=job.subject_id).exclude(state=Photo.State.REJECTED).update(
        state=Photo.State.FAILED, reason=error
    )


def reject(photo: Photo, sentence: str) -> None:
    """This file will never become a photo. The batch goes on without it."""
    Photo.objects.filter(pk=photo.pk).exclude(state=Photo.State.READY).update(
        state=Photo.State.REJECTED, reason=sentence
    )


def inspected(photo: Photo, seen: Inspection, card: Tag | None = None) -> None:
    """Write down what the file says about itself: type by its bytes, upright size, capture time.

    `card`: the consignor's card that the photo shows, if it shows one.
    """
    Photo.objects.filter(pk=photo.pk).update(
        content_type=seen.content_type,
        width=seen.width,
        height=seen.height,
        taken_at=seen.taken_at,
        tag=asdict(card) if card else {},
        state=Case(
            When(state=Photo.State.RECEIVED, then=Value(Photo.State.PROCESSING)), default="state"
        ),
    )


def cut(photo: Photo, *, model: str, is_fallback: bool, faults: list[str]) -> None:
    """Name the model that cut the item out, and what looks wrong with the result."""
    Photo.objects.filter(pk=photo.pk).update(
        cutout_model=model,
        cutout_is_fallback=is_fallback,
        faults=faults,
        quality=merged("quality", {"passed": False}),
    )


def noted(photo: Photo, notes: dict[str, Any]) -> None:
    """Write down what was found out about the photo; what else is known of it stays."""
    Photo.objects.filter(pk=photo.pk).update(quality=merged("quality", notes))


def photo_of(step: Step) -> Photo:
    """GiveUp when the photo was deleted meanwhile: there is nothing left to do."""
    photo = Photo.objects.live().filter(pk=step.job.subject_id, tenant_id=step.tenant_id).first()
    if photo is None:
        raise GiveUp("The photo was deleted.")
    photo.tenant = step.tenant
    return photo


def described_pixels(photo: Photo) -> npt.NDArray[np.uint8]:
    """The cut-out as RGBA with the background's colours under it, shape (height, width, 4), no
    side above 1,280 pixels: whoever describes it makes it smaller still.

    The stored cut-out has none where it is transparent, and describing an item asks whether it lay
    on an even backdrop: without them a shirt on white was half as sure to be found again.
    """
    if not photo.has("1280"):
        return cutout_pixels(photo)
    with Image.open(io.BytesIO(photo.read("1280"))) as image:
        whole = np.asarray(image.convert("RGB"))
    alpha = cv2.resize(_transparency(photo), whole.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.merge([*cv2.split(whole), alpha]), np.uint8)


def _transparency(photo: Photo) -> npt.NDArray[np.uint8]:
    """The cut-out's, stored without loss: what the step before still has in memory is the same."""
    if alpha := kept.take(str(photo.files["cutout"]["key"])):
        return np.asarray(alpha)
    return np.ascontiguousarray(cutout_pixels(photo)[..., 3])


def cutout_pixels(photo: Photo) -> npt.NDArray[np.uint8]:
    """The stored cut-out as RGBA, shape (height, width, 4). Read-only."""
    return _decoded(str(photo.files["cutout"]["key"]))


@lru_cache(maxsize=1)
def _decoded(key: str) -> npt.NDArray[np.uint8]:
    """One step asks up to three times, and the next step of the same photo once more.

    A file is named by its content, so what was decoded last is still what it shows.
    """
    with Image.open(io.BytesIO(storage.read_bytes(key))) as image:
        return np.asarray(image.convert("RGBA"))
