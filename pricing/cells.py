"""One cell of a file as a value: a price, a moment or a condition, however a shop writes them.

Pure. A ValueError carries the sentence that the person reads beside the row's number.
"""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from carousel.products.money import DIGITS, to_minor
from pricing.traits import CONDITIONS, plain

NOTHING = {"", "nan", "none", "null", "nat", "n/a", "-"}
HIGHEST = 10**12  # minor units
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
FORMS = (
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S UTC",
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y", "%Y-%m",
)  # fmt: skip
SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: (\d{1,2}:\d{2}))?.*")
SIGNS = {"€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "KR": "ISK", "KR.": "ISK"}

# Signs and codes around an amount, and what groups its digits: `kr`, `$`, `USD`, spaces, 1'200.
AROUND = re.compile(r"^[^\d-]*|[^\d]*$")
SPACES = re.compile(r"[\s\u00a0\u202f'’]")
GROUPED = {sign: re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+") for sign in ",."}

# How shops write the six conditions, in plain lower case.
SYNONYMS = {
    "new with tags": "new_with_tags", "nwt": "new_with_tags", "brand new": "new_with_tags",
    "new": "new_with_tags", "never worn, with tag": "new_with_tags", "never worn": "like_new",
    "new without tags": "like_new", "nwot": "like_new", "like new": "like_new",
    "as new": "like_new", "mint": "like_new", "excellent": "very_good", "very good": "very_good",
    "good": "good", "used": "good", "pre-owned": "good", "fair": "fair",
    "satisfactory": "fair", "acceptable": "fair", "worn": "fair", "poor": "poor",
    "for parts": "poor", "damaged": "poor", "nýtt með miða": "new_with_tags",
    "eins og nýtt": "like_new", "mjög gott": "very_good", "gott": "good", "sæmilegt": "fair",
    "lélegt": "poor", "neuf avec étiquette": "new_with_tags", "neuf": "new_with_tags",
    "neuf sans étiquette": "like_new", "très bon état": "very_good", "bon état": "good",
    "état satisfaisant": "fair", "neu mit etikett": "new_with_tags", "neu": "new_with_tags",
    "neu ohne etikett": "like_new", "sehr gut": "very_good", "gut": "good", "zufriedenstellend":
    "fair", "pre-loved": "good", "preloved": "good",
    # Numbers are grades, the best first.
    **{str(grade): name for grade, name in enumerate(CONDITIONS, start=1)},
}  # fmt: skip
# For anything else: the first of these that is found anywhere in the text decides.
PARTS = (
    ("without tag", "like_new"), ("no tag", "like_new"), ("with tag", "new_with_tags"),
    ("like new", "like_new"), ("as new", "like_new"), ("nearly new", "like_new"),
    ("almost new", "like_new"), ("unworn", "like_new"), ("never worn", "like_new"),
    ("never used", "like_new"), ("unused", "like_new"), ("brand new", "new_with_tags"),
    ("excellent", "very_good"), ("very good", "very_good"), ("great", "very_good"),
    ("gently", "very_good"), ("slight", "very_good"), ("light", "very_good"),
    ("open box", "like_new"), ("well worn", "fair"), ("well used", "fair"), ("flaw", "poor"),
    ("damage", "poor"), ("defect", "poor"), ("broken", "poor"),
    ("poor", "poor"), ("heav", "fair"), ("fair", "fair"), ("satisf", "fair"),
    ("accept", "fair"), ("good", "good"), ("used", "good"),
)  # fmt: skip


def condition(text: str) -> str:
    """One of the six, or empty for what is not known under any of its names."""
    kept = plain(text).replace("_", " ")
    if kept.replace(" ", "_") in CONDITIONS:
        return kept.replace(" ", "_")
    if kept in SYNONYMS:
        return SYNONYMS[kept]
    found = next((name for part, name in PARTS if part in kept), "")
    if found:
        return found
    starts = [name for name in SYNONYMS if len(name) > 1 and kept.startswith(name)]
    return SYNONYMS[max(starts, key=len)] if starts else ""


def price(value: Any, currency: str) -> int:
    """Minor units from `12.5`, `1,234.50`, `1.234,50 €` or `4.500 kr`.

    A lone dot is a decimal point, as programs write it, except in a currency without decimals.
    """
    amount = _amount(str(value), currency)
    minor = to_minor(amount, currency) if abs(amount) < HIGHEST else HIGHEST
    if not 0 < minor < HIGHEST:
        raise ValueError(f"A price of {amount} cannot be.")
    return minor


def _amount(text: str, currency: str) -> Decimal:
    grouped = GROUPED["."].fullmatch(text.strip()) if DIGITS.get(currency, 2) == 0 else None
    try:
        amount = Decimal(_bare(text, currency) if grouped else text.strip())
    except InvalidOperation:
        amount = _written(text, currency)
    if not amount.is_finite():
        raise ValueError("The price is not a finite number.")
    return amount


def _written(text: str, currency: str) -> Decimal:
    try:
        return Decimal(_bare(text, currency))
    except InvalidOperation as error:
        raise ValueError(f"“{text[:30]}” is not a price.") from error


def _bare(text: str, currency: str) -> str:
    """The digits with a dot before the decimals; whatever groups thousands is gone."""
    kept = SPACES.sub("", AROUND.sub("", text))
    last = max(",.", key=kept.rfind)
    other = "." if last == "," else ","
    kept = kept.replace(other, "")
    is_whole = last == "," or DIGITS.get(currency, 2) == 0 or kept.count(last) > 1
    if other not in text and is_whole and GROUPED[last].fullmatch(kept):
        return kept.replace(last, "")
    return kept.replace(last, ".")


def currency(text: str) -> str:
    """Three capital letters, from a code or a sign. Empty for nothing."""
    code = SIGNS.get(text.upper(), text.upper())
    if code and (len(code) != 3 or not code.isalpha()):
        raise ValueError(f"“{text[:10]}” is not a currency.")
    return code


def is_month_first(value: Any) -> bool:
    """Whether this can only be month/day/year: 5/13/2024."""
    found = SLASHED.fullmatch(str(value).strip())
    return bool(found and int(found[2]) > 12)


def moment(value: Any, name: str, *, month_first: bool = False) -> dt.datetime | None:
    """A time in UTC; a bare date is its midnight. None for nothing.

    3/4/2024 is the third of April, unless the file writes months first.
    """
    if value is None or plain(str(value)) in NOTHING:
        return None
    if isinstance(value, dt.datetime):
        found = value
    elif isinstance(value, dt.date):
        found = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    else:
        found = _parsed(_turned(str(value).strip(), month_first=month_first), name)
    aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    if not EARLIEST <= aware <= dt.datetime.now(dt.UTC) + dt.timedelta(days=2):
        raise ValueError(f"{name} {aware:%Y-%m-%d} cannot be: it is too long ago or yet to come.")
    return aware.astimezone(dt.UTC)


def _turned(text: str, *, month_first: bool) -> str:
    """5/13/2024 or 13/5/2024 as 13.5.2024; anything else as it is."""
    found = SLASHED.fullmatch(text)
    if not found:
        return text
    one, two, year, time = found.groups()
    day, month = (two, one) if month_first else (one, two)
    return f"{day}.{month}.{year}" + (f" {time}" if time else "")


def _parsed(text: str, name: str) -> dt.datetime:
    whole = text.removesuffix(".0")
    if whole.isdigit() and len(whole) in (10, 13):  # seconds or milliseconds since 1970
        return dt.datetime.fromtimestamp(int(whole[:10]), dt.UTC)
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return _formed(text, name)


def _formed(text: str, name: str) -> dt.datetime:
    for form in FORMS:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
    raise ValueError(f"{name} “{text[:30]}” is not a date.")
