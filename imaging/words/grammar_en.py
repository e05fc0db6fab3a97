"""The English description of an item: facts in, sentences out."""

from imaging.words.counting import Damages, gathered
from imaging.words.facts import Facts
from imaging.words.glossary import Glossary
from imaging.words.phrases import (
    AUDIENCES,
    CONDITIONS_EN,
    MEASURES,
    NUMBERS_EN,
    PLACES,
    number,
    pattern_of,
)

SIZES = {"minor": "small", "moderate": "", "major": "large"}


def describe(facts: Facts, words: Glossary) -> str:
    """Two to six short sentences. Says only what is in `facts`."""
    sentences = [*_opening(facts, words), *_details(facts, words), *_damage(facts, words)]
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences if sentence)


def title(facts: Facts, words: Glossary) -> str:
    """Brand, colours, material and item: at most 200 characters."""
    size = f", size {facts.size}" if facts.size else ""
    return (_capital(_joined(facts.brand, _thing(facts, words))) + size)[:200]


def _opening(facts: Facts, words: Glossary) -> list[str]:
    thing, by = _thing(facts, words), f"by {facts.brand}" if facts.brand else ""
    tail = _joined(by, AUDIENCES.get(facts.audience, ("", ""))[0])
    state = CONDITIONS_EN.get(facts.condition, "")
    plural = words.item(facts.item).number == "pl"
    whole = _joined(thing, tail)
    pattern = pattern_of(facts)
    after = state if state.startswith("in ") or not state else f", {state}"
    if pattern == 0:
        return [_sentence(whole, after)]
    if pattern == 1:
        return [
            f"{'These are' if plural else 'This is'} {_a(whole, plural=plural)}.",
            _state(facts, words),
        ]
    if pattern == 2:
        return [_sentence("for sale:", _a(whole, plural=plural), after)]
    if pattern == 3:
        return [_sentence("we have", _a(whole, plural=plural), after)]
    verb = "are" if plural else "is"
    return [_sentence("the", whole, verb, state) if state else _sentence(whole)]


def _state(facts: Facts, words: Glossary) -> str:
    item = words.item(facts.item)
    state = CONDITIONS_EN.get(facts.condition, "")
    verb = "are" if item.number == "pl" else "is"
    return f"The {item.english} {verb} {state}." if state else ""


def _thing(facts: Facts, words: Glossary) -> str:
    """black and white striped leather bag"""
    item = words.item(facts.item)
    colours = _listed([words.words[key].en for key in facts.colours])
    pattern = words.words[facts.pattern].en if facts.pattern else ""
    named = item.english.lower()
    materials = [words.materials[key].en for key in facts.materials]
    told = _listed([name for name in materials if name not in named])
    return _joined(colours, pattern, told, item.english)


def _details(facts: Facts, words: Glossary) -> list[str]:
    plural = words.item(facts.item).number == "pl"
    features = _listed([words.features[key].en for key in facts.features])
    has = f"{'They have' if plural else 'It has'} {features}." if features else ""
    size = f"Size {facts.size}." if facts.size else ""
    lengths = [
        f"{MEASURES[m.kind][0]} {number(m.value, '.')} {m.unit}"
        for m in facts.measures
        if m.kind in MEASURES
    ]
    measured = _capital(_listed(lengths)) + "." if lengths else ""
    return [has, size, measured]


def _damage(facts: Facts, words: Glossary) -> list[str]:
    told = [_damaged(found, words) for found in gathered(facts.defects)]
    return [f"Please note: {_listed(told)}."] if told else []


def _damaged(found: Damages, words: Glossary) -> str:
    damage = words.damages[found.kind]
    many = found.count > 1 and damage.number == "sg"
    size = SIZES[found.severity]
    if damage.number != "sg":
        size = {"minor": "slight", "moderate": "", "major": "heavy"}[found.severity]
    noun = _joined(size, damage.en_plural if many else damage.en)
    if many:
        noun = f"{NUMBERS_EN.get(found.count, str(found.count))} {noun}"
    elif damage.number == "sg":
        noun = _a(noun, plural=False)
    where = PLACES[found.place][0] if found.place else ""
    photo = f"(photo {found.photo})" if found.photo else ""
    return _joined(noun, where, photo)


def _a(phrase: str, *, plural: bool) -> str:
    if plural:
        return phrase
    return f"{'an' if phrase[0].lower() in 'aeio' else 'a'} {phrase}"


def _listed(parts: list[str]) -> str:
    parts = [part for part in parts if part]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _sentence(*parts: str) -> str:
    return _joined(*parts).replace(" ,", ",") + "."


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
