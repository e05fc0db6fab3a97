"""A shelf's way through its three stages, the books page, the API and the drafts."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from PIL import Image

from carousel.errors import GiveUp, Refused
from carousel.models import ApiKey, Event, Product
from imaging.bookshelf import (
    catalogue,
    live,
    lookups,
    prices,
    providers,
    remote,
    shelving,
    steps,
    textract,
)
from imaging.bookshelf.asked import Photographed
from imaging.bookshelf.candidates import from_texts, unplaced
from imaging.bookshelf.library import Book, MemoryCatalogue
from imaging.inference.answers import Answer
from imaging.jobs import pipeline, queue, runner
from imaging.models import BookAnswer, CatalogueBook, Job, ModelCall, Shelf, Spine, Step
from imaging.pixels.errors import Rejected
from tests.book_makers import ELEVEN, KNOWN, make_read_shelf, make_shelf, make_spine
from tests.makers import make_product, make_tenant, make_user
from tests.upload_makers import make_jpeg

pytestmark = pytest.mark.django_db


def begin(shelf: Shelf) -> Job:
    return pipeline.start(shelf.tenant, "shelf", shelf.pk)


@pytest.fixture
def read(monkeypatch):
    """A reader that sees the eleven lines in any photo, and counts how often it is asked."""
    asked = []

    def reader(version):
        return lambda question: asked.append(version) or Answer(unplaced(ELEVEN))

    monkeypatch.setattr(providers, "local_reader", reader)
    return asked


@pytest.fixture
def staff(client):
    client.force_login(make_user())
    return client


def test_the_catalogue_in_the_database_finds_what_the_one_in_memory_finds():
    tenant = make_tenant()
    assert catalogue.replace(tenant, KNOWN) == len(KNOWN)

    found = from_texts(ELEVEN, catalogue.of_tenant(tenant))

    expected = from_texts(ELEVEN, MemoryCatalogue(KNOWN))
    assert [(e.title, e.author) for e in found] == [(e.title, e.author) for e in expected]


def test_importing_again_replaces_the_catalogue_of_that_shop_only():
    ours, theirs = make_tenant(), make_tenant("other")
    catalogue.replace(theirs, KNOWN[:2])
    catalogue.replace(ours, KNOWN)

    catalogue.replace(ours, KNOWN[:3])

    assert CatalogueBook.objects.filter(tenant=ours).count() == 3
    assert CatalogueBook.objects.filter(tenant=theirs).count() == 2


def test_a_photo_goes_through_three_stages_and_each_result_is_kept(read):
    tenant = make_tenant()
    catalogue.replace(tenant, KNOWN)

    shelf, job = shelving.receive(tenant, None, [make_jpeg(1)], "Shelf 1.jpg")
    runner.drain()

    shelf.refresh_from_db()
    assert Job.objects.get() == job
    assert shelf.state == Shelf.State.READY
    assert [line["text"] for line in shelf.reading["lines"]] == ELEVEN
    assert len(shelf.candidates) == len(shelf.final) == shelf.spines.count() == 3
    assert shelf.final[0]["isbn"] == "9780393242072"
    assert list(Step.objects.order_by("created_at").values_list("kind", "state")) == [
        ("read_text", "done"),
        ("candidates", "done"),
        ("lookup", "done"),
    ]
    assert Event.objects.filter(kind="shelf.read").count() == 1


def test_a_stage_that_is_delivered_again_asks_nobody_again(read):
    catalogue.replace(make_tenant(), KNOWN)
    shelf, job = shelving.receive(make_tenant(), None, [make_jpeg(1)], "a.jpg")
    runner.drain()

    for kind, stage in (("read_text", steps.read_text), ("candidates", steps.candidates),
                        ("lookup", steps.lookup)):  # fmt: skip
        stage(Step.objects.select_related("job", "tenant").get(job=job, kind=kind))

    assert read == ["rapidocr-1"]
    assert ModelCall.objects.count() == 2
    assert shelf.spines.count() == 3


def test_a_stopped_stage_backs_up_its_own_queue_only(read):
    tenant = make_tenant()
    for number in range(5):
        shelving.receive(tenant, None, [make_jpeg(number)], f"{number}.jpg")

    while step := Step.objects.due().exclude(kind="candidates").first():
        runner.run(step.pk)

    stood = Step.objects.values_list("kind", "state").annotate(n=Count("pk")).order_by("kind")
    assert list(stood) == [("candidates", "waiting", 5), ("read_text", "done", 5)]
    assert len(read) == 5
    runner.drain()
    assert Shelf.objects.filter(state=Shelf.State.READY).count() == 5


def test_a_shelf_without_books_is_not_asked_about_again(monkeypatch):
    monkeypatch.setattr(providers, "local_reader", lambda _: lambda _: Answer(unplaced([])))
    shelf, job = shelving.receive(make_tenant(), None, [make_jpeg(1)], "a.jpg")
    runner.drain()

    steps.candidates(Step.objects.select_related("job", "tenant").get(job=job, kind="candidates"))

    shelf.refresh_from_db()
    assert (shelf.candidates, shelf.state) == ([], Shelf.State.READY)
    assert ModelCall.objects.filter(capability="book_candidates").count() == 1


def test_each_stage_has_a_queue_of_its_own(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(queue, "send", lambda task, arguments, name, delay=0: sent.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        job = begin(make_read_shelf())
        for kind in ("candidates", "lookup"):
            queue.enqueue(Step.objects.create(tenant=job.tenant, job=job, kind=kind))

    assert sent == ["books.ocr", "books.llm", "books.lookup"]


def test_the_same_photo_is_the_same_shelf_without_a_second_job():
    tenant = make_tenant()
    first, job = shelving.receive(tenant, None, [make_jpeg(1)], "a.jpg")

    again, none = shelving.receive(tenant, None, [make_jpeg(1)], "b.jpg")

    assert (again, none) == (first, None)
    assert Job.objects.get() == job


def test_what_is_no_photo_costs_nothing():
    with pytest.raises(Rejected, match="This is not a photo"):
        shelving.receive(make_tenant(), None, [b"a shopping list"], "a.jpg")

    assert Shelf.objects.count() == Job.objects.count() == 0


def test_a_photo_that_cannot_be_opened_fails_with_a_sentence_and_can_be_tried_again():
    shelf, _ = shelving.receive(make_tenant(), None, [make_jpeg(1)[:300]], "a.jpg")
    runner.drain()

    shelf.refresh_from_db()
    assert (shelf.state, bool(shelf.reason)) == (Shelf.State.FAILED, True)
    assert ModelCall.objects.count() == 0
    shelving.again(shelf)
    assert Shelf.objects.get().state == Shelf.State.PROCESSING
    with pytest.raises(Refused):
        shelving.again(shelf)


@pytest.mark.parametrize("status", [429, 503])
def test_a_source_that_does_not_answer_is_named_and_the_next_is_asked(
    monkeypatch, settings, status
):
    settings.BOOK_SOURCES = ["google", "openlibrary"]
    settings.GOOGLE_BOOKS_KEY = "k"
    asked = []

    def get(url, query):
        asked.append(url)
        if "googleapis" in url:
            raise remote.Unanswered(f"answered {status}.")
        doc = {"title": "Masks", "author_name": ["Anna Holm"], "isbn": ["0393242072"], "key": "/w"}
        return {"docs": [doc]}

    monkeypatch.setattr(remote, "get", get)
    [candidate] = from_texts(["Anna Holm / MASKS"])

    found = lookups.look_up(make_tenant(), None, candidate)
    again = lookups.look_up(make_tenant(), None, candidate)

    assert found.best.book.isbn == "9780393242072"
    assert found.best.book.source == "openlibrary"
    assert found.notes == (f"Google Books answered {status}.",)
    assert again.best == found.best
    assert [("openlibrary" in url) for url in asked].count(True) == 1


def test_without_a_key_nobody_is_asked_and_the_book_is_unverified(monkeypatch, settings):
    settings.BOOK_SOURCES, settings.GOOGLE_BOOKS_KEY = ["google"], ""
    monkeypatch.setattr(remote, "get", lambda *_: pytest.fail("asked"))
    shelf = make_read_shelf("Anna Holm / MASKS")
    begin(shelf)
    Step.objects.filter(kind="read_text").update(state="waiting")

    runner.drain()

    spine = Spine.objects.get()
    assert (spine.title, spine.author) == ("Masks", "Anna Holm")
    assert (spine.validated, spine.source, spine.match_score) == (False, "unverified", None)
    assert spine.notes == ["Google Books has no key."]


def test_the_day_s_questions_end(monkeypatch, settings):
    settings.GOOGLE_BOOKS_KEY, settings.BOOK_QUESTIONS_PER_DAY = "k", 1
    monkeypatch.setattr(remote, "get", lambda *_: {"items": []})
    remote.ask("google", make_tenant(), "Masks", "")

    with pytest.raises(remote.Unanswered, match="used up"):
        remote.ask("google", make_tenant(), "Other", "")
    assert remote.ask("google", make_tenant(), "Masks", "") == []
    assert BookAnswer.objects.count() == 1


def test_a_book_of_google_brings_cover_link_and_publisher(monkeypatch, settings):
    settings.GOOGLE_BOOKS_KEY = "k"
    item = {"id": "vol1", "volumeInfo": {
        "title": "Masks", "subtitle": "A Novel", "authors": ["Anna Holm"],
        "publisher": "Holm & Co", "publishedDate": "2021",
        "industryIdentifiers": [{"type": "ISBN_10", "identifier": "0393242072"}],
        "imageLinks": {"thumbnail": "http://books.google.com/c?id=vol1"}}}  # fmt: skip
    monkeypatch.setattr(remote, "get", lambda *_: {"items": [item]})

    [book] = remote.ask("google", make_tenant(), "Masks", "Anna Holm")

    assert (book.title, book.isbn) == ("Masks : A Novel", "9780393242072")
    assert (book.publisher, book.published) == ("Holm & Co", "2021")
    assert book.cover == "https://books.google.com/c?id=vol1"


def test_two_editions_ask_a_person():
    tenant = make_tenant()
    twins = [
        Book("a", "Masks", "Anna Holm", "9780393242072"),
        Book("b", "Masks", "Anna Holm", "9780804429573"),
    ]
    catalogue.replace(tenant, [*twins, *KNOWN[7:]])
    [candidate] = from_texts(["Anna Holm / MASKS"])

    found = lookups.look_up(tenant, catalogue.of_tenant(tenant), candidate)

    assert found.ask
    assert {each.book.isbn for each in found.editions} == {"9780393242072", "9780804429573"}


def test_staff_correct_a_book_and_a_wrong_number_is_refused():
    spine = make_spine(make_shelf(), title="Maks", inferred=["title"])

    with pytest.raises(Refused, match="check digit"):
        spine.correct(None, title="Masks", isbn="9780393242073")
    spine = Spine.objects.get()
    assert spine.title == "Maks"
    spine.correct(None, title="Masks", isbn="0-393-24207-2")

    spine.refresh_from_db()
    assert (spine.title, spine.isbn, spine.state) == ("Masks", "9780393242072", "confirmed")
    assert spine.inferred == []


def test_another_number_takes_the_wrong_edition_s_publisher_cover_and_links_away():
    edition = {"publisher": "Holm & Co", "published": "2021", "volume": "vol1", "match_score": 0.9,
               "cover": "https://books.google.com/c?id=vol1", "validated": True}  # fmt: skip
    shelf = make_shelf()
    same = make_spine(shelf, title="Maks", isbn="9780393242072", **edition)
    other = make_spine(shelf, title="Maks", isbn="9780393242072", **edition)

    same.correct(None, title="Masks")
    other.correct(None, title="Rivers", isbn="9780804429573")

    same.refresh_from_db()
    other.refresh_from_db()
    assert {name: getattr(same, name) for name in edition} == edition
    assert (other.publisher, other.published, other.cover, other.volume) == ("", "", "", "")
    assert (other.match_score, other.validated, other.is_sure) == (None, False, True)


def test_one_press_makes_drafts_of_the_books_and_one_takes_them_back():
    shelf = make_shelf()
    for number in range(3):
        make_spine(shelf, title=f"Book {number}", author="Anna Holm", isbn="9780393242072")
    make_spine(shelf, state=Spine.State.NOT_A_BOOK)
    make_spine(shelf, state=Spine.State.DUPLICATE)
    make_spine(shelf, aside=True)

    first = shelving.draft(shelf, None)
    with pytest.raises(Refused):
        shelving.draft(shelf, None)

    assert sorted(product.title for product in first) == ["Book 0", "Book 1", "Book 2"]
    assert first[0].category == "Books"
    assert first[0].attributes == {"author": "Anna Holm", "isbn": "9780393242072"}
    assert shelving.undraft(shelf, None) == 3
    assert shelf.tenant.products.live().count() == 0
    assert {product.pk for product in shelving.draft(shelf, None)} == {p.pk for p in first}


def test_drafts_are_not_taken_back_once_one_is_on_sale():
    shelf = make_shelf()
    make_spine(shelf)
    make_spine(shelf)
    product = shelving.draft(shelf, None)[0]
    Product.objects.filter(pk=product.pk).update(state="listed", price=100, category="Books",
                                                 condition="good")  # fmt: skip

    with pytest.raises(Refused):
        shelving.undraft(shelf, None)

    assert shelf.tenant.products.live().count() == 2
    assert shelf.spines.exclude(product_id=None).count() == 2


def test_a_book_that_was_on_sale_and_deleted_does_not_hold_up_the_others():
    shelf = make_shelf()
    make_spine(shelf)
    make_spine(shelf)
    gone, other = shelving.draft(shelf, None)
    Product.objects.filter(pk=gone.pk).update(state="listed", price=100, condition="good")
    Product.objects.get(pk=gone.pk).remove()
    shelving.undraft(shelf, None)

    assert shelving.draft(shelf, None) == [other]


def test_the_price_band_needs_five_sold_books():
    tenant = make_tenant()
    sold = {"state": "sold", "category": "Books", "condition": "good", "title": "B"}
    for price in (100, 200, 300, 400):
        make_product(tenant, price=price, currency=tenant.currency, **sold)
    assert prices.band(tenant) is None
    make_product(tenant, price=500, currency=tenant.currency, **sold)

    band = prices.band(tenant)

    assert (band.low, band.middle, band.high, band.sales) == (200, 300, 400, 5)


def test_a_page_s_number_grows_with_every_stage_and_every_decision():
    shelf = make_read_shelf("MASKS")
    before = live.versions([shelf.pk])[shelf.pk]
    begin(shelf)
    runner.drain()
    after = live.versions([shelf.pk])[shelf.pk]

    Spine.objects.get().become("confirmed", None)

    assert before < after < live.versions([shelf.pk])[shelf.pk]


def test_the_page_takes_a_photo_and_shows_its_shelf(staff):
    photo = SimpleUploadedFile("shelf.jpg", make_jpeg(1), "image/jpeg")

    answer = staff.post("/books/", {"photos": photo})

    shelf = Shelf.objects.get()
    assert answer.url == f"/books/{shelf.pk}/"
    assert "Reading spines" in staff.get(answer.url).content.decode()
    assert "shelf.jpg" in staff.get("/books/").content.decode()


def test_the_page_refuses_what_is_no_photo_with_a_sentence(staff):
    answer = staff.post("/books/", {"photos": SimpleUploadedFile("a.jpg", b"text")}, follow=True)

    assert "This is not a photo" in answer.content.decode()
    assert Shelf.objects.count() == 0


def test_the_map_shows_every_spine_and_what_may_be_done(staff):
    shelf = make_shelf(state="ready", picture="x", width=400, height=300)
    spine = make_spine(shelf, title="Masks <b>", notes=["Google Books has no key."])
    make_spine(shelf, title="Other", aside=True)

    html = staff.get(f"/books/{shelf.pk}/").content.decode()

    assert "Masks &lt;b&gt;" in html
    assert 'x="0.10000"' in html
    assert "Google Books has no key." in html
    for key in ("a", "x", "d", "e", "m"):
        assert f'data-key="{key}"' in html
    staff.post(f"/books/{shelf.pk}/spines/{spine.pk}/decide/", {"state": "duplicate"})
    assert Spine.objects.get(pk=spine.pk).state == "duplicate"
    staff.post(f"/books/{shelf.pk}/spines/{spine.pk}/decide/", {"state": "duplicate"})
    assert Spine.objects.get(pk=spine.pk).state == "found"


def test_an_edition_is_chosen_and_answered_in_parts(staff):
    shelf = make_shelf(state="ready")
    editions = [{"title": "Masks", "author": "Holm", "isbn": "9780393242072", "score": 0.5,
                 "source": "catalogue"}]  # fmt: skip
    spine = make_spine(shelf, needs_choice=True, editions=editions)

    answer = staff.post(
        f"/books/{shelf.pk}/spines/{spine.pk}/choose/0/", headers={"HX-Request": "true"}
    )

    spine.refresh_from_db()
    assert (spine.isbn, spine.state, spine.needs_choice) == ("9780393242072", "confirmed", False)
    assert answer.content.decode().count("<hx-partial") == 3


def test_drafts_are_made_and_taken_back_on_the_page(staff):
    shelf = make_shelf(state="ready")
    make_spine(shelf)

    made = staff.post(f"/books/{shelf.pk}/draft/", follow=True).content.decode()
    taken = staff.post(f"/books/{shelf.pk}/undraft/", follow=True).content.decode()

    assert "1 draft made." in made
    assert "1 draft taken back." in taken


def test_another_shop_sees_nothing_of_it(client):
    shelf = make_shelf(picture="x")
    spine = make_spine(shelf)
    client.force_login(make_user("eve@example.com", make_tenant("other")))
    base = f"/books/{shelf.pk}/"

    for path in (base, f"{base}picture", f"/live/books/{shelf.pk}/"):
        assert client.get(path).status_code == 404
    for path in ("draft/", "undraft/", f"spines/{spine.pk}/decide/", f"spines/{spine.pk}/correct/"):
        assert client.post(base + path, {"state": "duplicate"}).status_code == 404
    assert "shelf.jpg" not in client.get("/books/").content.decode()
    assert Spine.objects.get().state == "found"


def test_many_shelves_cost_as_many_queries_as_few(staff):
    make_spine(make_shelf())
    with CaptureQueriesContext(connection) as few:
        staff.get("/books/")
    for number in range(20):
        make_spine(make_shelf(sha256=f"{number:064}"))
    with CaptureQueriesContext(connection) as many:
        staff.get("/books/")

    assert len(many) == len(few)


@pytest.fixture
def key() -> dict[str, str]:
    tenant = make_tenant()
    _, secret = ApiKey.issue(tenant, "test", "reviewer")
    return {"Authorization": f"Bearer {secret}"}


def test_the_api_answers_a_job_at_once_and_the_books_in_the_agreed_shape(client, key, read):
    catalogue.replace(make_tenant(), KNOWN)
    photo = SimpleUploadedFile("s.jpg", make_jpeg(1), "image/jpeg")
    sent = client.post("/api/v1/books", {"photo": photo}, headers=key)
    assert sent.status_code == 202
    assert sent.json()["job"] == str(Job.objects.get().pk)
    runner.drain()

    body = client.get(f"/api/v1/books/{sent.json()['id']}", headers=key).json()
    raw = client.get(f"/api/v1/books/{sent.json()['id']}/raw", headers=key).json()

    book = body["books"][0]
    assert {
        "title", "author", "isbn", "publisher", "publishedDate", "coverImage",
        "purchaseLinks", "confidence", "validated",
    } <= set(book)  # fmt: skip
    assert book["purchaseLinks"]["amazon"] == "https://www.amazon.com/dp/0393242072"
    assert (book["validated"], book["author"]) == (True, "Kathryn Paige Harden")
    assert [stage["name"] for stage in body["stages"]] == ["read_text", "candidates", "lookup"]
    assert [line["text"] for line in raw["ocr"]["lines"]] == ELEVEN
    assert len(raw["candidates"]) == len(raw["final"]) == 3


def test_the_api_refuses_what_is_no_photo(client, key):
    sent = client.post("/api/v1/books", {"photo": SimpleUploadedFile("s.jpg", b"x")}, headers=key)

    assert sent.status_code == 422
    assert Shelf.objects.count() == 0


def test_the_command_reads_a_photo_and_gives_the_kept_result_again(tmp_path, read):
    catalogue.replace(make_tenant(), KNOWN)
    photo = tmp_path / "shelf.jpg"
    photo.write_bytes(make_jpeg(1))
    said, again = io.StringIO(), io.StringIO()

    call_command("scan_shelf", str(photo), "--json", stdout=said)
    call_command("scan_shelf", str(photo), "--json", stdout=again)

    assert json.loads(said.getvalue())[0]["isbn"] == "9780393242072"
    assert said.getvalue() == again.getvalue()
    assert len(read) == 1
    with pytest.raises(CommandError):
        call_command("scan_shelf", str(tmp_path / "none.jpg"))


def test_the_catalogue_is_imported_by_a_command(tmp_path):
    make_tenant()
    file = tmp_path / "books.csv"
    file.write_text("title,author\nMasks,Holm\nRivers,Holm\n", "utf-8")
    said = io.StringIO()

    call_command("import_catalogue", str(file), stdout=said)

    assert said.getvalue().startswith("2 books in ")
    with pytest.raises(CommandError, match="title"):
        file.write_text("a,b\n1,2\n", "utf-8")
        call_command("import_catalogue", str(file))


def test_textract_lines_are_placed_and_turned(monkeypatch):
    def corner(x: float, y: float) -> dict[str, float]:
        return {"X": x, "Y": y}

    down = [corner(0.3, 0.1), corner(0.3, 0.6), corner(0.2, 0.6), corner(0.2, 0.1)]
    block = {"BlockType": "LINE", "Text": "MASKS", "Confidence": 98.0,
             "Geometry": {"Polygon": down}}  # fmt: skip

    class Client:
        def detect_document_text(self, Document):
            return {"Blocks": [block, {"BlockType": "PAGE"}]}

    monkeypatch.setattr(textract, "client", Client)
    monkeypatch.setattr(textract.budget, "wait_for_turn", lambda *_: None)
    answer = textract.provider("detect")(Photographed(Image.new("RGB", (100, 100))))

    [line] = answer.value.lines
    assert (line.text, line.turned, line.confidence) == ("MASKS", 90, 0.98)


def test_a_local_version_that_does_not_exist_is_refused():
    with pytest.raises(GiveUp):
        providers.local_parser("parser-9")
