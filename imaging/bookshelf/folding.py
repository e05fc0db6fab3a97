"""How text is compared: without case, accents and signs, as words and as groups of three letters.

PostgreSQL may have neither pg_trgm nor unaccent, so both are ours and the same in every database.
"""

import re
import unicodedata
from collections.abc import Iterable

PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
    | dict.fromkeys("'’`´·", "")
)
WORD = re.compile(r"[^\W_]+")
LONGEST = 600


def fold(text: str) -> str:
    """`L'Ombra del Stuka!` -> `lombra del stuka`: plain letters and digits, one space between."""
    bare = unicodedata.normalize("NFKD", text[:LONGEST].casefold())
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(WORD.findall(letters.translate(PLAIN)))


def words(text: str) -> list[str]:
    return fold(text).split()


def trigrams(folded: str) -> list[str]:
    """Every group of three letters of each word, its beginning and end marked by a space."""
    return sorted(set(_groups(folded.split())))


def _groups(folded: Iterable[str]) -> Iterable[str]:
    for word in folded:
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))
