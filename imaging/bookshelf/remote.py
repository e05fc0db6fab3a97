"""Google Books and Open Library: fixed hosts, short time-outs, small answers, one try.

Each answer is kept; each question counts against the day's quota. What cannot be answered is said
in a sentence, and the next source is asked.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.utils.timezone import now

from carousel.models import Tenant
from imaging.bookshelf import isbn
from imaging.bookshelf.folding import fold
from imaging.bookshelf.library import Book
from imaging.bookshelf.models import BookAnswer

HOSTS = {
    "google": "https://www.googleapis.com/books/v1/volumes",
    "openlibrary": "https://openlibrary.org/search.json",
}
NAMES = {"google": "Google Books", "openlibrary": "Open Library"}
TIMEOUT = (3, 6)
LARGEST = 2_000_000
MOST = 8
FRESH = timedelta(days=30)


class Unanswered(Exception):
    """The source said nothing; the message is a sentence for the page."""


def ask(source: str, tenant: Tenant, title: str, author: str) -> list[Book]:
    """The editions that this source names, from its kept answer if there is one. Unanswered."""
    if source not in HOSTS:
        raise Unanswered(f"{source} is no source of books.")
    digest = hashlib.sha256(f"{fold(title)}\n{fold(author)}".encode()).hexdigest()
    kept = BookAnswer.objects.filter(tenant=tenant, source=source, question=digest)
    found = kept.filter(asked_at__gt=now() - FRESH).first()
    if found is None:
        _refuse_over_quota(source, tenant)
        found, _ = BookAnswer.objects.update_or_create(
            tenant=tenant,
            source=source,
            question=digest,
            defaults={"answer": _fetch(source, title, author), "asked_at": now()},
        )
    return [Book(**each) for each in found.answer]


def _refuse_over_quota(source: str, tenant: Tenant) -> None:
    if source == "google" and not settings.GOOGLE_BOOKS_KEY:
        raise Unanswered("Google Books has no key.")
    today = BookAnswer.objects.filter(
        tenant=tenant, source=source, asked_at__gt=now() - timedelta(days=1)
    )
    if today.count() >= settings.BOOK_QUESTIONS_PER_DAY:
        raise Unanswered(f"{NAMES[source]}: the day's questions are used up.")


def _fetch(source: str, title: str, author: str) -> list[dict[str, str]]:
    read = _google if source == "google" else _open_library
    try:
        return read(get(HOSTS[source], _query(source, title, author)))
    except Unanswered as error:
        raise Unanswered(f"{NAMES[source]} {error}") from error
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise Unanswered(f"{NAMES[source]} answered something unreadable.") from error


def get(url: str, query: Mapping[str, str]) -> Any:
    """The JSON at one of our own addresses; the network's only door here."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                url, params=query, timeout=TIMEOUT, allow_redirects=False, stream=True
            )
            if answer.status_code != 200:
                raise Unanswered(f"answered {answer.status_code}.")
            content = answer.raw.read(LARGEST + 1, decode_content=True)
        except requests.RequestException as error:
            raise Unanswered(f"did not answer ({type(error).__name__}).") from error
    if len(content) > LARGEST:
        raise Unanswered("answered far too much.")
    return json.loads(content)


def _query(source: str, title: str, author: str) -> dict[str, str]:
    title, author = title[:200], author[:100]
    if source == "google":
        words = f'intitle:"{_plain(title)}"' + (f' inauthor:"{_plain(author)}"' if author else "")
        key = settings.GOOGLE_BOOKS_KEY
        return {"q": words, "maxResults": str(MOST), "printType": "books", "key": key}
    fields = "title,subtitle,author_name,isbn,publisher,first_publish_year,key"
    asked = {"title": title, "limit": str(MOST), "fields": fields}
    return asked | ({"author": author} if author else {})


def _plain(text: str) -> str:
    return text.replace('"', " ")


def _google(reply: Any) -> list[dict[str, str]]:
    return [_of_google(item) for item in reply.get("items", [])[:MOST]]


def _of_google(item: Mapping[str, Any]) -> dict[str, str]:
    info = item["volumeInfo"]
    numbers = [each.get("identifier", "") for each in info.get("industryIdentifiers", [])]
    cover = str(info.get("imageLinks", {}).get("thumbnail", "")).replace("http://", "https://")
    return {
        "key": str(item["id"]),
        "title": _titled(info.get("title", ""), info.get("subtitle", "")),
        "author": ", ".join(info.get("authors", []))[:300],
        "isbn": next((n for each in numbers if (n := isbn.normal(each))), ""),
        "publisher": str(info.get("publisher", ""))[:300],
        "published": str(info.get("publishedDate", ""))[:20],
        "cover": cover if cover.startswith("https://books.google") else "",
        "volume": str(item["id"])[:40],
        "source": "google",
    }


def _open_library(reply: Any) -> list[dict[str, str]]:
    return [_of_open_library(each) for each in reply.get("docs", [])[:MOST]]


def _of_open_library(each: Mapping[str, Any]) -> dict[str, str]:
    numbers: Sequence[str] = each.get("isbn", [])
    number = next((n for given in numbers[:50] if (n := isbn.normal(str(given)))), "")
    return {
        "key": str(each.get("key", "")),
        "title": _titled(each.get("title", ""), each.get("subtitle", "")),
        "author": ", ".join(each.get("author_name", []))[:300],
        "isbn": number,
        "publisher": str(next(iter(each.get("publisher", [])), ""))[:300],
        "published": str(each.get("first_publish_year", "")),
        "cover": isbn.open_library_cover(number),
        "source": "openlibrary",
    }


def _titled(title: str, subtitle: str) -> str:
    return (f"{title} : {subtitle}" if subtitle else title)[:600]
