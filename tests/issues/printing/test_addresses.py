"""Wherever a program reads an address, it is a URI, however the editor typed it."""

import json

import lxml.html
import pytest

from issues.models.issues import Issue
from issues.printing.data import issue_data
from issues.printing.html import render_html
from issues.printing.mail import render_mail
from issues.printing.metadata import describe_issue, describe_list
from issues.printing.text import render_text
from tests.issues.feeds import FORMATS
from tests.make import make_article, make_author, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db

TYPED, URI = "https://bücher.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"


@pytest.fixture
def issue():
    issue = make_issue(number=1, intro=f"[intro]({TYPED})")
    make_placement(issue, message="Words.", url=TYPED)
    make_article(issue=issue, url=TYPED, blurb=f"[blurb]({TYPED})", tags=("slo",))
    make_article(issue=issue, section="outages", url=TYPED, blurb="")
    return Issue.objects.with_contents().get()


@pytest.mark.parametrize("form", [render_html, render_mail])
def test_links_in_html_are_uris(issue, form):
    links = lxml.html.fromstring(form(issue)).xpath("//a/@href")
    assert links.count(URI) == 5
    assert all(link.isascii() for link in links)


def test_addresses_in_the_text_edition_are_uris(issue):
    text = render_text(issue)
    assert text.count(URI) == 5
    assert TYPED not in text


def test_addresses_in_data_and_metadata_are_uris(issue):
    data = issue_data(issue)
    assert [row["url"] for row in (*data["articles"], *data["sponsors"])] == [URI] * 3
    assert URI in json.dumps(describe_issue(issue).data)
    for kind, subject in (("author", make_author(url=TYPED)), ("publication", make_publication(url=TYPED))):
        assert URI in json.dumps(describe_list(kind, subject).data)


@pytest.mark.parametrize("form", FORMATS)
def test_addresses_in_feeds_are_uris(issue, client, form):
    assert URI in client.get(f"/feed/{form}").content.decode()
    articles = client.get(f"/feed/articles/{form}").content.decode()
    assert (URI in articles, "bücher" in articles) == (True, False)


def test_address_that_is_ascii_already_stays_as_typed(client):
    address = "https://EXAMPLE.com/a%2Fb?x=%C3%BC&y={1}#~"
    make_article(issue=make_issue(number=1), url=address)
    loaded = Issue.objects.with_contents().get()
    assert (issue_data(loaded)["articles"][0]["url"], address in render_text(loaded)) == (address, True)
    assert lxml.html.fromstring(render_html(loaded)).xpath("//*[@class='sreweekly-title']/a/@href") == [address]
