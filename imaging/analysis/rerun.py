"""Looks at a photo again, by the chain or by a version that somebody chose."""

from django.conf import settings
from django.db import transaction

from carousel.errors import Refused
from imaging.inference import chains
from imaging.inference.local import VERSIONS
from imaging.jobs import pipeline
from imaging.jobs.models import Job, Step
from imaging.uploads.models import Photo

CAPABILITY_OF = {
    "classify": "classify",
    "attributes": "extract_attributes",
    "defects": "detect_defects",
}


def versions() -> list[str]:
    """Every provider that one of the three questions may be put to, those of the chains first."""
    known = [
        arm.name
        for capability in CAPABILITY_OF.values()
        for place in chains.chain_of(capability)
        for arm in place
    ]
    local = [f"local/{v}" for c in CAPABILITY_OF.values() for v in VERSIONS.get(c, {})]
    return list(dict.fromkeys([*known, *local]))


@transaction.atomic
def rerun(photo: Photo, version: str = "") -> Job:
    """A new analysis of the photo. The old one stays as history; staff's words stay theirs."""
    if version and version not in versions():
        raise Refused(f"There is no version {version}.")
    if not photo.has("cutout"):
        raise Refused("This photo is not cut out yet.")
    job = pipeline.start(photo.tenant, "analysis", photo.pk, photo.batch)
    for step in job.steps.all():
        Step.objects.filter(pk=step.pk).update(result={"only": _asked(step.kind, version)})
    return job


def _asked(kind: str, version: str) -> str:
    """The version, where it knows how to answer this step's question."""
    capability = CAPABILITY_OF[kind]
    provider, _, name = version.partition("/")
    local = provider == "local" and name not in VERSIONS.get(capability, {})
    outside = provider == "bedrock" and not settings.BEDROCK_REGION
    return "" if local or outside else version
