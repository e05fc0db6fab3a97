"""What stands on several spines of a shelf: an author's or a publisher's name, no title. Pure.

Shops and homes sort books by author, so that one spine tells what is a name on the next.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from imaging.bookshelf.folding import fold, words
from imaging.bookshelf.names import GENERIC, SMALL, is_capital

LONGEST = 3
"""Words of a name."""
FEWEST_LETTERS = 4
ARTICLES = frozenset(words("a an das der die ein eine el en la las le les los the un una une"))
SPLIT = re.compile(r"\s+[/•·|]\s+|\s+[-–—]\s+|(?<=\w)\s*[/•|]\s*(?=\w)")
"""Signs between an author and a title."""


def phrases(spines: Iterable[Sequence[str]]) -> frozenset[str]:
    """Folded; each is all of a line at least once and stands beside different books each time.

    `spines`: the texts on each. Two copies of one book say nothing about each other.
    """
    beside: dict[str, list[set[str]]] = defaultdict(list)
    whole: set[str] = set()
    for texts in spines:
        all_words = [word for text in texts for word in words(text) if len(word) > 3]
        lines = [part for text in texts for part in SPLIT.split(text)]
        whole |= {fold(line) for line in lines if is_name_shaped(line)}
        for phrase in {fold(edge) for line in lines for edge in edges(line)}:
            rest = set(all_words) - set(phrase.split())
            if rest and all(rest.isdisjoint(other) for other in beside[phrase]):
                beside[phrase].append(rest)
    return frozenset(each for each, rests in beside.items() if len(rests) > 1 and each in whole)


def edges(line: str) -> Iterator[str]:
    """The whole line if it is as short as a name, and its first and last two or three words."""
    plain = line.split()
    if is_name_shaped(line):
        yield line
    for length in range(2, min(LONGEST, len(plain) - 1) + 1):
        yield from filter(is_name_shaped, (" ".join(plain[:length]), " ".join(plain[-length:])))


def parted(line: str, familiar: frozenset[str]) -> list[str]:
    """The line before and after a familiar phrase at one of its ends; else the line alone.

    `Machine Learning with R` is not parted: a title does not begin with such a word.
    """
    plain = line.split()
    for length in range(min(LONGEST, len(plain) - 1), 1, -1):
        first, last = " ".join(plain[:length]), " ".join(plain[-length:])
        if fold(first) in familiar and fold(plain[length]) not in SMALL - ARTICLES:
            return [first, " ".join(plain[length:])]
        if fold(last) in familiar and fold(plain[-length - 1]) not in SMALL:
            return [" ".join(plain[:-length]), last]
    return [line]


def is_name_shaped(text: str) -> bool:
    plain = text.split()
    if not 1 <= len(plain) <= LONGEST or len(fold(text)) < FEWEST_LETTERS:
        return False
    return is_capital(text) and not GENERIC.intersection(words(text))
