"""The shop's own catalogue of books in PostgreSQL: import and search, without any extension."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from django.db import connection, transaction

from carousel.models import Tenant
from imaging.bookshelf.folding import trigrams
from imaging.bookshelf.library import NEAR, Book, rarest, rarity
from imaging.bookshelf.models import CatalogueBook, CatalogueTerm

BLOCK = 2000
NEAREST = """
SELECT book.id FROM unnest(%s::text[], %s::float8[]) AS wanted(term, weight)
CROSS JOIN LATERAL (
    SELECT id FROM imaging_cataloguebook
    WHERE tenant_id = %s AND trigrams @> ARRAY[wanted.term]::varchar[]
) AS book
GROUP BY book.id ORDER BY sum(wanted.weight) DESC, book.id LIMIT %s
"""


class TenantCatalogue:
    """Searches one shop's books; see library.Catalogue. Remembers the counts it has asked for."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.size = CatalogueBook.objects.filter(tenant=tenant).count()
        self._counts: dict[str, int] = {}

    def rarities(self, wanted: Iterable[str]) -> Mapping[str, float]:
        counts = self._counted([f"={word}" for word in wanted])
        return {term[1:]: rarity(self.size, count) for term, count in counts.items()}

    def marks(self, wanted: Iterable[str]) -> Mapping[str, float]:
        counts = self._counted([f"#{mark}" for mark in wanted if mark])
        return {term[1:]: rarity(self.size, count) for term, count in counts.items()}

    def near(self, found: Sequence[str], mark: str) -> list[Book]:
        """At most `NEAR` books, from the one that shares the rarest letters on."""
        counts = self._counted(trigrams(" ".join(found)))
        terms = [*rarest(counts), *([f"#{mark}"] if mark else [])]
        counts = self._counted(terms)
        weights = [rarity(self.size, counts.get(term, 1)) for term in terms]
        if not terms:
            return []
        with connection.cursor() as cursor:
            cursor.execute(NEAREST, [terms, weights, self.tenant.pk, NEAR])
            keys = [row[0] for row in cursor.fetchall()]
        books = CatalogueBook.objects.filter(tenant=self.tenant).defer("trigrams", "folded")
        return [_book(row) for row in books.in_bulk(keys).values()]

    def _counted(self, terms: Iterable[str]) -> dict[str, int]:
        asked = list(dict.fromkeys(terms))
        new = [term for term in asked if term not in self._counts]
        if new:
            rows = CatalogueTerm.objects.filter(tenant=self.tenant, term__in=new)
            self._counts |= dict.fromkeys(new, 0) | dict(rows.values_list("term", "books"))
        return {term: self._counts[term] for term in asked if self._counts[term]}


def replace(tenant: Tenant, books: Sequence[Book]) -> int:
    """Make these the shop's catalogue, all or none; gives back how many. May run again."""
    terms: Counter[str] = Counter()
    with transaction.atomic():
        CatalogueBook.objects.filter(tenant=tenant).delete()
        CatalogueTerm.objects.filter(tenant=tenant).delete()
        for block in _blocks(books):
            rows = [_row(tenant, book) for book in block]
            for row in rows:
                terms.update(row.trigrams)
                terms.update({f"={word}" for word in row.folded.split()})
            CatalogueBook.objects.bulk_create(rows)
        counted = [CatalogueTerm(tenant=tenant, term=t, books=n) for t, n in terms.items()]
        CatalogueTerm.objects.bulk_create(counted, batch_size=BLOCK * 5)
    return len(books)


def of_tenant(tenant: Tenant) -> TenantCatalogue | None:
    """None when the shop has no catalogue."""
    found = TenantCatalogue(tenant)
    return found if found.size else None


def _blocks(books: Sequence[Book]) -> Iterator[list[Book]]:
    rest = iter(books)
    while block := list(islice(rest, BLOCK)):
        yield block


def _row(tenant: Tenant, book: Book) -> CatalogueBook:
    mark = [f"#{book.mark}"] if book.mark else []
    return CatalogueBook(
        tenant=tenant,
        title=book.title,
        author=book.author,
        isbn=book.isbn,
        shelf_mark=book.shelf_mark[:120],
        series=book.series,
        publisher=book.publisher[:300],
        published=book.published[:20],
        folded=book.text,
        trigrams=[*trigrams(book.text), *(each[:130] for each in mark)],
    )


def _book(row: CatalogueBook) -> Book:
    return Book(
        key=str(row.pk),
        title=row.title,
        author=row.author,
        isbn=row.isbn,
        shelf_mark=row.shelf_mark,
        series=row.series,
        publisher=row.publisher,
        published=row.published,
    )
