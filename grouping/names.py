"""Names to offer for a group, from what was seen in its photos. Most told first."""

from collections import Counter

from grouping.models import Group
from imaging.analysis.models import Analysis, Attribute

MOST = 3


def suggested(group: Group) -> list[str]:
    """Up to three names: colour and kind, brand and kind, the kind alone."""
    analyses = list(Analysis.objects.current().filter(photo__place__group=group))
    kind = _commonest(analysis.label.rpartition("/")[2].strip() for analysis in analyses)
    facts = Attribute.objects.filter(analysis__in=analyses).values_list("name", "value")
    seen = {name: _commonest(value for kind_, value in facts if kind_ == name) for name, _ in facts}
    colour, brand = seen.get("colour") or seen.get("color", ""), seen.get("brand", "")
    offers = [_joined(brand, colour, kind), _joined(colour, kind), _joined(brand, kind), kind]
    return [name for name in dict.fromkeys(offers) if name and name != group.name][:MOST]


def _commonest(words: object) -> str:
    counted = Counter(word for word in words if word)  # type: ignore[attr-defined]
    return counted.most_common(1)[0][0] if counted else ""


def _joined(*words: str) -> str:
    """ "Blue jacket": only as long as the kind of thing is known."""
    if not words[-1]:
        return ""
    return " ".join(word for word in words if word).capitalize()
