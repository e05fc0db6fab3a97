"""Small shelves for the tests of books: invented texts, invented numbers that check."""

from typing import Any

from imaging.bookshelf.candidates import unplaced
from imaging.bookshelf.library import Book
from imaging.models import Shelf, Spine
from tests.makers import make_tenant

ELEVEN = [
    "THE GENETIC",
    "LOTTERY",
    "Why DNA Matters",
    "HARDEN",
    "HERDING",
    "HEMINGWAY'S CATS",
    "KAT",
    "ARNEY",
    "THE SONG",
    "OF THE CELL",
    "MUKHERJEE",
]
"""Lines as a reader leaves them: three books in pieces."""
KNOWN = (
    Book(
        "1",
        "The Genetic Lottery : Why DNA Matters for Social Equality",
        "Kathryn Paige Harden",
        "9780393242072",
    ),
    Book("2", "Herding Hemingway's Cats : Understanding How Our Genes Work", "Kat Arney"),
    Book("3", "The Song of the Cell", "Siddhartha Mukherjee"),
    Book("4", "The Gene : An Intimate History", "Siddhartha Mukherjee"),
    Book("5", "The Lottery and Other Stories", "Shirley Jackson"),
    Book("6", "The Song of Achilles", "Madeline Miller"),
    Book("7", "Cats of the World", "Anna Holm"),
    *(
        Book(f"n{n}", f"Volume {chr(97 + n % 26) * 4} number {n}", f"Writer {n}")
        for n in range(500)
    ),
)


def make_shelf(**fields: Any) -> Shelf:
    tenant = fields.pop("tenant", None) or make_tenant()
    fields.setdefault("filename", "shelf.jpg")
    fields.setdefault("sha256", "a" * 64)
    return Shelf.objects.create(tenant=tenant, **fields)


def make_read_shelf(*texts: str, **fields: Any) -> Shelf:
    """A shelf whose photo has been read already."""
    return make_shelf(reading=unplaced(texts or ELEVEN).as_json(), **fields)


def make_spine(shelf: Shelf, **fields: Any) -> Spine:
    fields.setdefault("position", shelf.spines.count())
    fields.setdefault("box", [0.1, 0.1, 0.05, 0.6])
    fields.setdefault("title", f"Book {fields['position']}")
    fields.setdefault("text", fields["title"])
    return Spine.objects.create(tenant=shelf.tenant, shelf=shelf, **fields)
