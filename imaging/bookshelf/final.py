"""A book as the API gives it: the agreed fields, and beside them how each came to be."""

from typing import Any

from imaging.bookshelf.models import Spine


def book(spine: Spine) -> dict[str, Any]:
    """`confidence` is the reader's; `matchScore` the edition's, null when nobody knew it."""
    return {
        "title": spine.title,
        "author": spine.author,
        "isbn": spine.isbn or None,
        "publisher": spine.publisher or None,
        "publishedDate": spine.published or None,
        "coverImage": spine.cover or None,
        "purchaseLinks": {name: link or None for name, link in spine.links.items()},
        "confidence": spine.confidence,
        "validated": spine.validated,
        "matchScore": spine.match_score,
        "readTitle": spine.read_title,
        "readAuthor": spine.read_author,
        "inferred": spine.inferred,
        "source": spine.source,
        "needsChoice": spine.needs_choice,
        "notes": spine.notes,
        "state": spine.state,
        "box": spine.box,
    }
