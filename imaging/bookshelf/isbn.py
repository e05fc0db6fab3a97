"""ISBN-10 and ISBN-13: check digits, the change from one to the other, and where to buy."""

import re

TEN, THIRTEEN = 10, 13
SIGNS = re.compile(r"[\s‐-―-]")
FOUND = re.compile(r"(?<![0-9])(97[89][0-9]{10}|[0-9]{9}[0-9X])(?![0-9X])")


def normal(text: str) -> str:
    """The number as 13 digits, or "" when it is none or its check digit is wrong.

    ISBN standard, ISO 2108: the sum weighted 1, 3, 1, 3, ... is a multiple of 10; of an ISBN-10
    the sum weighted 10, 9, ... 1 is one of 11, with X for ten.
    """
    given = SIGNS.sub("", text).upper()
    if re.fullmatch(r"[0-9]{9}[0-9X]", given) and _check_ten(given[:9]) == given[9]:
        return _thirteen(given[:9])
    ok = re.fullmatch(r"97[89][0-9]{10}", given) and _check_thirteen(given[:12]) == given[12]
    return given if ok else ""


def first_in(text: str) -> str:
    """The first valid number anywhere in a text, as 13 digits; "" if there is none."""
    bare = SIGNS.sub("", text).upper()
    return next((valid for each in FOUND.findall(bare) if (valid := normal(each))), "")


def ten(isbn: str) -> str:
    """The ISBN-10 of a valid ISBN-13; "" for those of the 979 range, which have none."""
    number = normal(isbn)
    if not number.startswith("978"):
        return ""
    return number[3:12] + _check_ten(number[3:12])


def amazon(isbn: str) -> str:
    """Amazon names a book by its ISBN-10."""
    short = ten(isbn)
    return f"https://www.amazon.com/dp/{short}" if short else ""


def google_books(volume: str) -> str:
    """The page of a Google Books volume id."""
    return f"https://books.google.com/books?id={volume}" if re.fullmatch(r"[\w-]+", volume) else ""


def open_library_cover(isbn: str) -> str:
    number = normal(isbn)
    return f"https://covers.openlibrary.org/b/isbn/{number}-M.jpg" if number else ""


def _thirteen(nine: str) -> str:
    return f"978{nine}{_check_thirteen('978' + nine)}"


def _check_thirteen(twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-total % 10)


def _check_ten(nine: str) -> str:
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(nine))
    check = -total % 11
    return "X" if check == 10 else str(check)
