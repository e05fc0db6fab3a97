"""The Icelandic description of an item: every adjective agrees with its noun.

The same facts and the same patterns as grammar_en. Which case a noun stands in comes from the
sentence: "hér er" takes the nominative, "við erum með" the accusative, "úr" and "frá" the dative.
"""

from imaging.words.counting import Damages, gathered
from imaging.words.facts import Facts
from imaging.words.glossary import Glossary, Item, Material
from imaging.words.inflection import Case, Degree, Number, Slot
from imaging.words.phrases import (
    AUDIENCES,
    CONDITIONS_IS,
    MEASURES,
    NUMBERS_IS,
    PLACES,
    number,
    pattern_of,
)

OPENINGS: dict[int, tuple[str, Case]] = {
    0: ("", "nom"),
    2: ("til sölu:", "nom"),
    3: ("við erum með", "acc"),
}
SIZES = {"minor": "small", "moderate": "", "major": "large"}


def describe(facts: Facts, words: Glossary) -> str:
    """Two to six short sentences. Says only what is in `facts`."""
    sentences = [*_opening(facts, words), *_details(facts, words), *_damage(facts, words)]
    return " ".join(_capital(sentence) for sentence in sentences if sentence)


def title(facts: Facts, words: Glossary) -> str:
    """Colours, material, item and brand: at most 200 characters."""
    size = f", stærð {facts.size}" if facts.size else ""
    brand = f"frá {facts.brand}" if facts.brand else ""
    return (_capital(_joined(_thing(facts, words, "nom"), brand)) + size)[:200]


def _opening(facts: Facts, words: Glossary) -> list[str]:
    plural = words.item(facts.item).number == "pl"
    pattern = pattern_of(facts)
    if pattern == 1:
        whole = _whole(facts, words, "nom")
        return [f"þetta {'eru' if plural else 'er'} {whole}.", _predicate(facts, words)]
    if pattern == 4:
        return [_with_article(facts, words)]
    start, case = OPENINGS[pattern]
    state = _state(facts, words, case)
    after = state if state.startswith("í ") or not state else f", {state}"
    return [_sentence(start, _whole(facts, words, case), after)]


def _with_article(facts: Facts, words: Glossary) -> str:
    """Svarta leðurtaskan er í góðu ástandi."""
    state = _state(facts, words, "nom")
    if not state:
        return _sentence(_whole(facts, words, "nom"))
    verb = "eru" if words.item(facts.item).number == "pl" else "er"
    return _sentence(_whole(facts, words, "nom", "weak"), verb, state)


def _predicate(facts: Facts, words: Glossary) -> str:
    """Taskan er í góðu ástandi."""
    item, state = words.item(facts.item), _state(facts, words, "nom")
    verb = "eru" if item.number == "pl" else "er"
    return f"{item.noun.definite(item.number, 'nom')} {verb} {state}." if state else ""


def _state(facts: Facts, words: Glossary, case: Case) -> str:
    """ný, með merkimiðum / sem ný / í góðu ástandi"""
    item, new = words.item(facts.item), words.words["new"].icelandic
    if facts.condition == "new_with_tags":
        return new.form(_slot(item, case)) + " með merkimiðum"
    if facts.condition == "like_new":
        return "sem " + new.form(_slot(item, case))
    return CONDITIONS_IS.get(facts.condition, "")


def _whole(facts: Facts, words: Glossary, case: Case, degree: Degree = "strong") -> str:
    by = f"frá {facts.brand}" if facts.brand else ""
    audience = AUDIENCES.get(facts.audience, ("", ""))[1]
    return _joined(_thing(facts, words, case, degree), by, audience)


def _thing(facts: Facts, words: Glossary, case: Case, degree: Degree = "strong") -> str:
    """svört og hvít röndótt leðurtaska; with the article and weak: svarta leðurtaskan"""
    item = words.item(facts.item)
    slot = _slot(item, case)
    colours = _listed([words.words[key].icelandic.form(slot, degree) for key in facts.colours])
    pattern = words.words[facts.pattern].icelandic.form(slot, degree) if facts.pattern else ""
    compound, of = _material(facts, words, item)
    noun = item.noun.compound(compound) if compound else item.noun
    shape = noun.definite if degree == "weak" else noun.form
    return _joined(colours, pattern, shape(item.number, case), of)


def _material(facts: Facts, words: Glossary, item: Item) -> tuple[str, str]:
    """The first part of a compound (leður-), or "úr leðri og ull" after the noun."""
    known = [words.materials[key] for key in facts.materials]
    known = [material for material in known if not _is_said(material, item)]
    if len(known) == 1 and known[0].prefix and not item.is_compound and item.key != "item":
        return known[0].prefix, ""
    return "", "úr " + _listed([material.forms["dat"] for material in known]) if known else ""


def _is_said(material: Material, item: Item) -> bool:
    """A lopapeysa is of lopi and a gallajakki of denim: nobody says it twice."""
    return bool(material.prefix) and item.lemma.startswith(material.prefix)


def _slot(item: Item, case: Case) -> Slot:
    return item.noun.gender, item.number, case


def _details(facts: Facts, words: Glossary) -> list[str]:
    features = _listed([words.features[key].icelandic for key in facts.features])
    having = f"með {features}." if features else ""
    size = f"stærð {facts.size}." if facts.size else ""
    lengths = [
        f"{MEASURES[m.kind][1]} {number(m.value, ',')} {m.unit}"
        for m in facts.measures
        if m.kind in MEASURES
    ]
    return [having, size, _listed(lengths) + "." if lengths else ""]


def _damage(facts: Facts, words: Glossary) -> list[str]:
    told = [_damaged(found, words) for found in gathered(facts.defects)]
    return [f"Athugið: {_listed(told)}."] if told else []


def _damaged(found: Damages, words: Glossary) -> str:
    """lítill blettur ofarlega til vinstri (mynd 2) / tvær stórar rispur"""
    damage = words.damages[found.kind]
    gender = damage.noun.gender
    many = found.count > 1 and damage.number == "sg"
    form: Number = "pl" if many or damage.number == "pl" else "sg"
    if damage.number == "sg":
        key = SIZES[found.severity]
        size = words.words[key].icelandic.form((gender, form, "nom")) if key else ""
    else:
        size = _amount(found.severity, (gender, form, "nom"), words)
    count = NUMBERS_IS[gender].get(found.count, str(found.count)) if many else ""
    where = PLACES[found.place][1] if found.place else ""
    photo = f"(mynd {found.photo})" if found.photo else ""
    return _joined(count, size, damage.noun.form(form, "nom"), where, photo)


def _amount(severity: str, slot: Slot, words: Glossary) -> str:
    if severity == "major":
        return words.words["heavy"].icelandic.form(slot)
    return "lítils háttar" if severity == "minor" else ""


def _listed(parts: list[str]) -> str:
    parts = [part for part in parts if part]
    return " og ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _sentence(*parts: str) -> str:
    return _joined(*parts).replace(" ,", ",") + "."


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
