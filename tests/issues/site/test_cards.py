"""The pictures of issues at their addresses: drawn once for each state, and stored."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from PIL import Image

from issues.models.articles import Article
from issues.models.cards import IssueCard
from issues.models.issues import Issue
from issues.printing import cards
from tests.make import make_article, make_issue, make_placement, note_changes

pytestmark = pytest.mark.django_db

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
ADDRESS = "/sre-weekly-issue-1.png"


@pytest.fixture
def drawn(monkeypatch):
    """The titles of the cards that were drawn, instead of drawing them."""
    titles = []

    def draw(title, *_):
        titles.append(title)
        return b"PNG"

    monkeypatch.setattr(cards, "draw_card", draw)
    return titles


def test_card_is_a_small_picture_of_the_size_that_is_shared(client):
    issue = make_issue(number=1)
    for _ in range(6):
        make_article(issue=issue, title="Wide title " * 20)
    response = client.get(ADDRESS)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    image = Image.open(BytesIO(response.content))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(response.content) < 60_000


@pytest.mark.parametrize("count", [1, 3])
def test_card_takes_a_fixed_number_of_queries_and_is_drawn_once(client, django_assert_num_queries, drawn, count):
    make_placement(make_issue(number=1, articles=count))
    with django_assert_num_queries(8):
        assert client.get(ADDRESS).content == b"PNG"
    with django_assert_num_queries(7):
        assert client.get(ADDRESS).content == b"PNG"
    assert drawn == ["SRE Weekly Issue #1"]


def test_card_is_drawn_again_when_its_words_or_colours_change(client, drawn, settings):
    make_issue(number=1, articles=1)
    etags = {client.get(ADDRESS)["ETag"]}
    Article.objects.update(title="Better title")
    etags.add(client.get(ADDRESS)["ETag"])
    settings.NEWSLETTER_ACCENT = "#802020"
    etags.add(client.get(ADDRESS)["ETag"])
    assert len(etags) == len(drawn) == 3
    assert IssueCard.objects.count() == 1


def test_card_stays_when_a_blurb_changes(client, drawn):
    make_issue(number=1, articles=1)
    client.get(ADDRESS)
    Article.objects.update(blurb="Another.")
    note_changes(Issue.objects.all())
    client.get(ADDRESS)
    assert len(drawn) == 1


def test_card_is_kept_for_ever_only_at_the_address_of_its_state(client, drawn):
    issue = make_issue(number=1, articles=1)
    version = cards.card_digest(Issue.objects.with_contents().get(pk=issue.pk))[:8]
    cache_control = client.get(f"{ADDRESS}?v={version}")["Cache-Control"]
    assert "max-age=31536000" in cache_control
    assert "immutable" in cache_control
    for query in ("", "?v=", "?v=00000000", "?v=%00"):
        cache_control = client.get(ADDRESS + query)["Cache-Control"]
        assert "max-age=300" in cache_control
        assert "immutable" not in cache_control


def test_not_modified_reads_no_picture(client, drawn):
    make_issue(number=1)
    etag = client.get(ADDRESS)["ETag"]
    IssueCard.objects.all().delete()
    assert client.get(ADDRESS, headers={"If-None-Match": etag}).status_code == 304
    assert len(drawn) == 1


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_unpublished_issue_has_no_card(client, drawn, hidden):
    make_issue(number=1, **hidden)
    assert client.get(ADDRESS).status_code == 404
    assert drawn == []


def test_withdrawn_issue_has_no_card_any_more(client, drawn):
    issue = make_issue(number=1)
    client.get(ADDRESS)
    issue.withdraw()
    assert client.get(ADDRESS).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_get_the_same_card():
    make_issue(number=1, articles=2)

    def ask(_):
        try:
            return Client().get(ADDRESS)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        responses = list(threads.map(ask, range(4)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert IssueCard.objects.count() == 1
