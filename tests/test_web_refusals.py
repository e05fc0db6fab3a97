"""What a page says to somebody who was signed out, or who opens what only a button may send."""

import pytest
from django.contrib.messages import get_messages

from imaging.models import Batch
from tests.makers import make_user

pytestmark = pytest.mark.django_db
SIGNED_OUT = "You were signed out. What you pressed was not done."


def test_a_button_pressed_after_signing_out_does_nothing_and_leads_back_to_its_page(client):
    answer = client.post("/b/new/", headers={"referer": "http://testserver/products/?q=lamp"})

    assert answer.status_code == 302
    assert answer["Location"] == ("/sign-in/?next=http%3A//testserver/products/%3Fq%3Dlamp")
    assert [str(told) for told in get_messages(answer.wsgi_request)] == [SIGNED_OUT]
    assert Batch.objects.count() == 0


@pytest.mark.parametrize("referer", ["https://elsewhere.example/b/", "javascript:alert(1)", ""])
def test_a_strange_page_is_never_gone_back_to(client, referer):
    answer = client.post("/b/new/", headers={"referer": referer})

    assert answer["Location"] == "/sign-in/?next=/"


def test_a_link_to_what_only_a_button_sends_says_so_and_changes_nothing(client):
    client.force_login(make_user())

    answer = client.get("/b/new/")

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "only takes what a button sends; nothing was changed." in answer.content.decode()
    assert Batch.objects.count() == 0
