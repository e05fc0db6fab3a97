"""The words under which an item is looked for, in both languages."""

from imaging.words.facts import Facts
from imaging.words.glossary import GENERIC, Glossary

MOST = 16


def keywords(facts: Facts, words: Glossary, category: str = "") -> list[str]:
    """At most sixteen, lower case, none twice: what it is, its looks, its maker."""
    told = [*_thing(facts, words), *_looks(facts, words), facts.brand, facts.size, facts.audience]
    told += [part.strip() for part in category.replace("&", "/").split("/")]
    return list(dict.fromkeys(word.lower()[:60] for word in told if word))[:MOST]


def _thing(facts: Facts, words: Glossary) -> list[str]:
    if not facts.item or facts.item == GENERIC:
        return []
    item = words.item(facts.item)
    return [item.english, item.lemma]


def _looks(facts: Facts, words: Glossary) -> list[str]:
    slot = words.item(facts.item).noun.gender, words.item(facts.item).number, "nom"
    told = []
    for key in (*facts.colours, *([facts.pattern] if facts.pattern else [])):
        word = words.words[key]
        gender, number, _ = slot
        told += [word.en, word.icelandic.form((gender, number, "nom"))]
    for key in facts.materials:
        material = words.materials[key]
        told += [material.en, material.forms["nom"]]
    return told
