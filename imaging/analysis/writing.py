"""Writes a photo's analysis: all of it or nothing, the old one kept as history."""

from typing import Any

from django.db import transaction

from imaging.analysis.models import Analysis, Attribute, Defect
from imaging.sight.defects import Box, Found, overlap
from imaging.uploads.models import Photo

SAME_PLACE = 0.3


@transaction.atomic
def write(
    photo: Photo, label: dict[str, Any], attributes: dict[str, Any], found: dict[str, Any]
) -> Analysis:
    """From the results of classify, attributes and defects. What staff said is carried over."""
    Photo.objects.select_for_update().get(pk=photo.pk)
    before = Analysis.objects.filter(photo=photo, is_current=True).first()
    Analysis.objects.filter(photo=photo, is_current=True).update(is_current=False)
    parts = (label, attributes, found)
    analysis = Analysis.objects.create(
        tenant_id=photo.tenant_id,
        photo=photo,
        model=label["made"]["model"],
        model_version=label["made"]["version"],
        made_by_fallback=any(part["made"]["by_fallback"] for part in parts),
        made_locally=all(part["made"]["locally"] for part in parts),
        label=label["label"],
        confidence=label["confidence"],
        scores=label["scores"],
        processing_time_ms=sum(part["made"]["ms"] for part in parts),
        raw={"classify": label, "attributes": attributes, "defects": found},
    )
    _attributes(analysis, before, [*attributes["named"], *_brand(label)], attributes["made"])
    _defects(analysis, before, found["found"])
    return analysis


def _brand(label: dict[str, Any]) -> list[dict[str, Any]]:
    if not label["brand"]:
        return []
    return [{"name": "brand", "value": label["brand"], "confidence": label["brand_confidence"]}]


def _attributes(
    analysis: Analysis, before: Analysis | None, named: list[dict[str, Any]], made: dict[str, Any]
) -> None:
    staff = list(before.attributes.filter(source=Attribute.Source.STAFF)) if before else []
    theirs = {attribute.name for attribute in staff}
    Attribute.objects.bulk_create(
        [_copy(attribute, analysis) for attribute in staff]
        + [
            Attribute(
                tenant_id=analysis.tenant_id,
                analysis=analysis,
                name=each["name"],
                value=each["value"][:200],
                confidence=each["confidence"],
                metadata=dict(each.get("metadata", {})) | {"model": made["model"]},
            )
            for each in named
            if each["name"] not in theirs
        ],
        ignore_conflicts=True,
    )


def _copy(row: Any, analysis: Analysis) -> Any:
    row.pk, row._state.adding, row.analysis = type(row)().pk, True, analysis
    return row


def _defects(analysis: Analysis, before: Analysis | None, found: list[dict[str, Any]]) -> None:
    """A box that staff confirmed or dismissed stays so; the model's box in its place is dropped."""
    decided = list(before.defects.exclude(state=Defect.State.CANDIDATE)) if before else []
    places = [box_of(defect) for defect in decided]
    rows = [_copy(defect, analysis) for defect in decided]
    for each in found:
        box = Box(*each["box"])
        if all(overlap(box, place) < SAME_PLACE for place in places):
            rows.append(_candidate(analysis, each, box))
    Defect.objects.bulk_create(rows)


def _candidate(analysis: Analysis, each: dict[str, Any], box: Box) -> Defect:
    return Defect(
        tenant_id=analysis.tenant_id,
        analysis=analysis,
        kind=each["kind"],
        severity=each["severity"],
        confidence=each["confidence"],
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
    )


def box_of(defect: Defect) -> Box:
    return Box(defect.x, defect.y, defect.width, defect.height)


def as_json(found: Found) -> dict[str, Any]:
    box = [found.box.x, found.box.y, found.box.width, found.box.height]
    return {
        "kind": found.kind,
        "severity": found.severity,
        "confidence": found.confidence,
        "box": box,
    }
