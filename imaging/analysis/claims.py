"""Where every phrase of a description comes from, and which come from nowhere.

A phrase is supported by an attribute, a confirmed box or a note that staff wrote. Small words that
claim nothing need no support; every other word that is not explained is shown as unsupported.
"""

import re
from dataclasses import dataclass

from imaging.analysis.lexicon import TOKEN, Mention, mentions, silent
from imaging.words.facts import Facts
from imaging.words.glossary import GENERIC, Glossary

WORDS_EN = """
a an and are as at be but by for from has have her his in is it its made near no not of on or
our please note see photo photos picture pictures sale size that the their there these they this to
us very was we were which with you your one condition item product left right top bottom middle
centre center front back side small large slight heavy colour colours color material brand about
also some cm mm m kg g inside outside near used
"""
WORDS_IS = """
að af á athugið bak baka eða ef eftir ein einn eitt ekki en er eru fram frá fyrir hafa hann
hefur hér hlutur hlut hlutnum hún hægri hægra inn í innan kaup leið lítil lítill lítið litlir
litlar litlum lítils háttar með megin meðal merki mikið mikil mikill miklir miðju mjög mynd
myndir neðarlega niður næst ofarlega og okkar sala sem sitt sín sjá sjálf stór stærð stórir
stórar sölu taka til um upp úr utan við erum verð vel vinstra vinstri þau það þeir þetta þær þá
því cm mm m kg g ástand ástandi framan aftan hlið
"""
PLAIN = {"en": frozenset(WORDS_EN.split()), "is": frozenset(WORDS_IS.split())}
OF_DAMAGE = frozenset(["small", "large", "heavy"])
"""Adjectives that only say how bad a defect is."""


@dataclass(frozen=True)
class Phrase:
    """`start` to `end` of the text. `source` is what it rests on, "" when it rests on nothing."""

    start: int
    end: int
    text: str
    source: str

    @property
    def is_supported(self) -> bool:
        return bool(self.source)


def trace(text: str, language: str, facts: Facts, words: Glossary, notes: str = "") -> list[Phrase]:
    """Every phrase that claims something, in order."""
    told = mentions(text, language, words, facts.brand)
    found = [
        Phrase(m.start, m.end, text[m.start : m.end], _source(m, facts, words, notes))
        for m in told
        if not _is_plain(text[m.start : m.end], m, language, facts)
    ]
    spans = [(mention.start, mention.end) for mention in told]
    spans += silent(text, language)
    found = _once(found)
    found += _unexplained(text, language, facts, notes, spans)
    return sorted(_joined(found, text), key=lambda phrase: phrase.start)


def unsupported(
    text: str, language: str, facts: Facts, words: Glossary, notes: str = ""
) -> list[Phrase]:
    return [p for p in trace(text, language, facts, words, notes) if not p.is_supported]


def _is_plain(text: str, mention: Mention, language: str, facts: Facts) -> bool:
    """A size of a stain, the word "item", the number of a photo: nothing to prove by itself."""
    if mention.kind == "word":
        return mention.keys <= OF_DAMAGE and bool(facts.defects)
    if mention.kind == "number":
        photos = {str(defect.photo) for defect in facts.defects}
        return bool(mention.keys & photos)
    return mention.kind == "item" and GENERIC in mention.keys


def _source(mention: Mention, facts: Facts, words: Glossary, notes: str) -> str:
    known: dict[str, set[str]] = {
        "item": {facts.item},
        "colour": set(facts.colours),
        "pattern": {facts.pattern},
        "material": set(facts.materials) | _materials_of(facts, words),
        "condition": {facts.condition},
        "size": {facts.size.upper()},
        "feature": set(facts.features),
        "audience": {facts.audience},
        "measure": {measure.kind for measure in facts.measures},
        "number": _numbers(facts),
        "defect": {defect.kind for defect in facts.defects},
    }
    if mention.keys & (known.get(mention.kind, set()) - {""}):
        return _name(mention, facts)
    if mention.kind == "item" and _same_word(mention, facts, words):
        return "category"
    in_notes = notes and any(key.replace("_", " ") in notes.lower() for key in mention.keys)
    return "note" if in_notes else ""


def _name(mention: Mention, facts: Facts) -> str:
    if mention.kind == "defect":
        place = next(i for i, d in enumerate(facts.defects, 1) if d.kind in mention.keys)
        return f"box {place}"
    return "category" if mention.kind == "item" else mention.kind


def _same_word(mention: Mention, facts: Facts, words: Glossary) -> bool:
    """A shoulder bag may be called a bag: the last part of its name."""
    whole = words.item(facts.item)
    return any(
        whole.en.lower().endswith(words.items[key].en.lower())
        or whole.lemma.endswith(words.items[key].lemma)
        for key in mention.keys
    )


def _materials_of(facts: Facts, words: Glossary) -> set[str]:
    item = words.item(facts.item)
    return {m.key for m in words.materials.values() if m.prefix and item.lemma.startswith(m.prefix)}


def _numbers(facts: Facts) -> set[str]:
    counts: dict[tuple[str, str], int] = {}
    for defect in facts.defects:
        kind = (defect.kind, defect.severity)
        counts[kind] = counts.get(kind, 0) + 1
    lengths = {f"{m.value:.1f}".removesuffix(".0") for m in facts.measures}
    inside = set(re.findall(r"\d+(?:\.\d+)?", f"{facts.size} {facts.brand}"))
    return lengths | inside | {str(count) for count in counts.values()}


def _once(found: list[Phrase]) -> list[Phrase]:
    """A compound is one phrase: supported only when all its parts are."""
    by_span: dict[tuple[int, int], Phrase] = {}
    for phrase in found:
        span = (phrase.start, phrase.end)
        other = by_span.get(span)
        both = bool(phrase.source) and (other is None or bool(other.source))
        by_span[span] = Phrase(*span, phrase.text, phrase.source if both else "")
    return list(by_span.values())


def _unexplained(
    text: str, language: str, facts: Facts, notes: str, spans: list[tuple[int, int]]
) -> list[Phrase]:
    own = {token[0].lower() for token in TOKEN.finditer(f"{facts.brand} {facts.size}")}
    noted = {token[0].lower() for token in TOKEN.finditer(notes)}
    found = []
    for token in TOKEN.finditer(text):
        word = token[0].lower()
        inside = any(start <= token.start() < end for start, end in spans)
        if inside or word in PLAIN[language]:
            continue
        source = "brand" if word in own else "note" if word in noted else ""
        found.append(Phrase(token.start(), token.end(), token[0], source))
    return found


def _joined(found: list[Phrase], text: str) -> list[Phrase]:
    """Neighbouring unsupported words are one claim: "genuine Italian"."""
    joined: list[Phrase] = []
    for phrase in sorted(found, key=lambda each: each.start):
        last = joined[-1] if joined else None
        if last and _goes_on(last, phrase, text):
            span = last.start, phrase.end
            joined[-1] = Phrase(*span, text[span[0] : span[1]], phrase.source)
            continue
        joined.append(phrase)
    return joined


def _goes_on(last: Phrase, phrase: Phrase, text: str) -> bool:
    beside = text[last.end : phrase.start] == " "
    return beside and last.source == phrase.source and phrase.source in ("", "brand", "note")
