"""Reads a description back: which things, colours, materials, defects and numbers it speaks of.

Works on any text, not only our own: every inflected form of the glossary's words is known, and an
Icelandic compound (leðurtösku) is taken apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imaging.sight.colours import FAMILIES
from imaging.words.glossary import Glossary, Item
from imaging.words.phrases import AUDIENCES, MEASURES, PLACES

TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:[-'’][^\W\d_]+)*", re.UNICODE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
LONGEST = 4

NUMBERS = {
    "en": {"two": "2", "three": "3", "four": "4"},
    "is": {
        **dict.fromkeys(["tveir", "tvær", "tvö", "tvo", "tveimur", "tveggja"], "2"),
        **dict.fromkeys(["þrír", "þrjár", "þrjú", "þrjá", "þremur", "þriggja"], "3"),
        **dict.fromkeys(["fjórir", "fjórar", "fjögur", "fjóra", "fjórum", "fjögurra"], "4"),
    },
}
CONDITIONS = {
    "en": (
        ("new_with_tags", r"new,? with (?:its )?tags"),
        ("like_new", r"(?:like|as) new"),
        ("very_good", r"(?:in )?very good condition"),
        ("good", r"(?:in )?good condition"),
        ("fair", r"(?:in )?fair condition"),
        ("poor", r"(?:in )?(?:poor|bad) condition"),
    ),
    "is": (
        ("new_with_tags", r"ný\w*,? með (?:merki)?miðum"),
        ("like_new", r"sem ný\w*"),
        ("very_good", r"(?:í )?mjög góðu (?:ástandi|standi)"),
        ("good", r"(?:í )?góðu (?:ástandi|standi)"),
        ("fair", r"(?:í )?þokkalegu (?:ástandi|standi)"),
        ("poor", r"(?:í )?(?:lélegu|slæmu) (?:ástandi|standi)"),
    ),
}
SIZES = {"en": r"\bsize\s+([\w./-]*\w)", "is": r"\bstærð(?:in|inni|ar)?\s+([\w./-]*\w)"}


@dataclass(frozen=True)
class Mention:
    """A stretch of the text, `start` to `end`, that speaks of one of `keys` of this kind.

    Kinds: item, colour, pattern, word, material, defect, condition, feature, measure, audience,
    number, size. Several keys where a word is ambiguous. `implied`: only said by a compound.
    """

    start: int
    end: int
    kind: str
    keys: frozenset[str]
    implied: bool = False


Meaning = tuple[str, frozenset[str]]
Index = Mapping[tuple[str, ...], tuple[Meaning, ...]]


def mentions(text: str, language: str, words: Glossary, brand: str = "") -> list[Mention]:
    """Everything that the text speaks of, in the order in which it does."""
    found = [*_by_pattern(text, language)]
    taken = [*silent(text, language, brand), *((mention.start, mention.end) for mention in found)]
    tokens = [
        token
        for token in TOKEN.finditer(text)
        if not any(start <= token.start() < end for start, end in taken)
    ]
    having = [match.span() for match in re.finditer(HAVING[language], text, re.IGNORECASE)]
    found += [
        mention
        for mention in _by_words(tokens, language, words)
        if not _is_of_another_kind(mention, having)
    ]
    return sorted(found, key=lambda mention: (mention.start, mention.end))


HAVING = {"en": r"\b(?:has|(?<!we )have|with)\b[^.:]*", "is": r"(?<!erum )\bmeð\b[^.:]*"}
"""Where what follows is something that the item has: a belt, a print."""
SILENT = {
    "en": [r"\(photo \d+\)", *(re.escape(english) for english, _ in PLACES.values())],
    "is": [
        *(r"\(mynd \d+\)", r"\bvið erum\b", r"\bvið (?=[a-záðéíóúýþæö])"),
        *(re.escape(icelandic) for _, icelandic in PLACES.values()),
    ],
}
"""What speaks of places and photos only, or is a small word that looks like a thing."""


def silent(text: str, language: str, brand: str = "") -> list[tuple[int, int]]:
    """Stretches that say nothing about the item's looks: places, photos, its brand."""
    patterns = [*SILENT[language], *([rf"\b{re.escape(brand)}\b"] if brand else [])]
    return [m.span() for p in patterns for m in re.finditer(p, text, re.IGNORECASE)]


def _is_of_another_kind(mention: Mention, having: list[tuple[int, int]]) -> bool:
    """A belt after "with" is a feature, elsewhere the item itself."""
    if mention.kind not in ("item", "feature"):
        return False
    is_had = any(start < mention.start < end for start, end in having)
    return is_had if mention.kind == "item" else not is_had


def _by_pattern(text: str, language: str) -> Iterator[Mention]:
    for match in re.finditer(SIZES[language], text, re.IGNORECASE):
        yield Mention(match.start(), match.end(), "size", frozenset({match[1].upper()}))
    taken: set[int] = set()
    for key, pattern in CONDITIONS[language]:
        for match in re.finditer(rf"\b{pattern}\b", text, re.IGNORECASE):
            if taken.isdisjoint(range(match.start(), match.end())):
                taken |= set(range(match.start(), match.end()))
                yield Mention(match.start(), match.end(), "condition", frozenset({key}))


def _by_words(tokens: list[re.Match[str]], language: str, words: Glossary) -> Iterator[Mention]:
    index = _index(words, language)
    at = 0
    while at < len(tokens):
        length, meanings = _longest(tokens, at, index)
        start, end = tokens[at].start(), tokens[at + max(length, 1) - 1].end()
        if length:
            following = _longest(tokens, at + length, index)[1]
            small = language == "is" and tokens[at][0].lower() == "úr"
            for kind, keys in _likely(meanings, following, is_preposition=small):
                yield Mention(start, end, kind, keys)
        else:
            yield from _single(tokens[at], language, words)
        at += max(length, 1)


def _longest(tokens: list[re.Match[str]], at: int, index: Index) -> tuple[int, tuple[Meaning, ...]]:
    for length in range(min(LONGEST, len(tokens) - at), 0, -1):
        phrase = tuple(token[0].lower() for token in tokens[at : at + length])
        if phrase in index:
            return length, index[phrase]
    return 0, ()


def _likely(
    meanings: tuple[Meaning, ...], following: tuple[Meaning, ...], *, is_preposition: bool
) -> Iterator[Meaning]:
    """In "glass vase" the glass is what the vase is made of; "úr leðri" is no watch."""
    if is_preposition and any(kind == "material" for kind, _ in following):
        return
    kinds = {kind for kind, _ in meanings}
    next_is_item = any(kind == "item" for kind, _ in following)
    for kind, keys in meanings:
        if not (kind == "item" and "material" in kinds and next_is_item):
            if kind == "material" and "item" in kinds and not next_is_item:
                continue
            yield kind, keys


def _single(token: re.Match[str], language: str, words: Glossary) -> Iterator[Mention]:
    word = token[0].lower()
    if NUMBER.fullmatch(word) or word in NUMBERS[language]:
        value = NUMBERS[language].get(word, word).replace(",", ".")
        yield Mention(token.start(), token.end(), "number", frozenset({value.removesuffix(".0")}))
        return
    if language == "is":
        for kind, keys in _taken_apart(word, words):
            yield Mention(token.start(), token.end(), kind, keys)


def _taken_apart(word: str, words: Glossary) -> Iterator[Meaning]:
    """leðurtösku: leather and bag."""
    index = _index(words, "is")
    for material in words.materials.values():
        rest = word.removeprefix(material.prefix) if material.prefix else word
        meant = dict(index.get((rest,), ())) if rest != word else {}
        if "item" in meant:
            yield "material", frozenset({material.key})
            yield "item", meant["item"]
            return


_indexes: dict[tuple[int, str], Index] = {}


def _index(words: Glossary, language: str) -> Index:
    known = (id(words), language)
    if known not in _indexes:
        _indexes[known] = _built(words, language)
    return _indexes[known]


def _built(words: Glossary, language: str) -> Index:
    entries = _english(words) if language == "en" else _icelandic(words)
    found: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for phrase, kind, key in entries:
        tokens = tuple(token[0].lower() for token in TOKEN.finditer(phrase))
        if tokens:
            found[tokens][kind].add(key)
    return {
        tokens: tuple((kind, frozenset(keys)) for kind, keys in kinds.items())
        for tokens, kinds in found.items()
    }


Entry = tuple[str, str, str]


def _english(words: Glossary) -> Iterator[Entry]:
    for item in words.items.values():
        for name in (item.en, item.en_plural, *item.aliases):
            yield name, "item", item.key
    for word in words.words.values():
        for name in (word.en, *word.aliases):
            yield name, kind_of(word.key), word.key
    for material in words.materials.values():
        yield material.en, "material", material.key
    for damage in words.damages.values():
        yield damage.en, "defect", damage.key
        yield damage.en_plural, "defect", damage.key
    for feature in words.features.values():
        yield feature.en.removeprefix("a "), "feature", feature.key
    yield from _pairs(MEASURES, "measure", 0)
    yield from _pairs(AUDIENCES, "audience", 0)


def _icelandic(words: Glossary) -> Iterator[Entry]:
    for item in words.items.values():
        for form in forms_of(item):
            yield form, "item", item.key
    for word in words.words.values():
        for form in {*word.icelandic.strong.values(), *word.icelandic.weak.values()}:
            yield form, kind_of(word.key), word.key
    for material in words.materials.values():
        for form in material.forms.values():
            yield form, "material", material.key
    for damage in words.damages.values():
        for (number, case), form in damage.noun.forms.items():
            yield form, "defect", damage.key
            yield damage.noun.definite(number, case), "defect", damage.key
    for feature in words.features.values():
        yield feature.icelandic, "feature", feature.key
    yield from _pairs(MEASURES, "measure", 1)
    yield from _pairs(AUDIENCES, "audience", 1)


def forms_of(item: Item) -> Iterable[str]:
    """Every form of an item's name, without and with the article."""
    for number, case in item.noun.forms:
        yield item.noun.form(number, case)
        yield item.noun.definite(number, case)


def kind_of(key: str) -> str:
    """What an adjective of the glossary tells: a colour, a pattern, or something else."""
    if key in FAMILIES or key in {"gold", "silver", "multicoloured"}:
        return "colour"
    if key in {"striped", "checked", "dotted", "floral", "patterned", "leopard", "plain"}:
        return "pattern"
    return "word"


def _pairs(table: Mapping[str, tuple[str, str]], kind: str, column: int) -> Iterator[Entry]:
    for key, names in table.items():
        yield names[column], kind, key
