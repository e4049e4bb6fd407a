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


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


def opened(response):
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    return Image.open(BytesIO(response.content))


@pytest.fixture
def drawn(monkeypatch):
    """The titles of the cards that were drawn, instead of drawing them."""
    titles = []

    def draw(title, *_):
        titles.append(title)
        return b"PNG"

    monkeypatch.setattr(cards, "draw_card", draw)
    return titles


def test_card_is_a_picture_of_the_size_that_is_shared(client):
    make_issue(number=1, articles=6)
    image = opened(client.get("/sre-weekly-issue-1.png"))
    assert (image.format, image.size) == ("PNG", (1200, 630))


def test_card_is_small_enough_to_be_fetched_at_once(client):
    issue = make_issue(number=1)
    for _ in range(6):
        make_article(issue=issue, title="Wide title " * 20)
    assert len(client.get("/sre-weekly-issue-1.png").content) < 60_000


@pytest.mark.parametrize("count", [1, 3])
def test_card_takes_a_fixed_number_of_queries(client, django_assert_num_queries, drawn, count):
    make_placement(make_issue(number=1, articles=count))
    with django_assert_num_queries(8):
        client.get("/sre-weekly-issue-1.png")
    with django_assert_num_queries(7):
        client.get("/sre-weekly-issue-1.png")


def test_card_is_drawn_once(client, drawn):
    make_issue(number=1, articles=1)
    assert [client.get("/sre-weekly-issue-1.png").content for _ in range(3)] == [b"PNG"] * 3
    assert drawn == ["SRE Weekly Issue #1"]


def test_card_is_drawn_again_when_what_it_shows_changes(client, drawn, settings):
    make_issue(number=1, articles=1)
    first = client.get("/sre-weekly-issue-1.png")["ETag"]
    Article.objects.update(title="Better title")
    second = client.get("/sre-weekly-issue-1.png")["ETag"]
    settings.NEWSLETTER_ACCENT = "#802020"
    third = client.get("/sre-weekly-issue-1.png")["ETag"]
    assert len({first, second, third}) == len(drawn) == 3
    assert IssueCard.objects.count() == 1


def test_card_stays_when_what_it_does_not_show_changes(client, drawn):
    make_issue(number=1, articles=1)
    client.get("/sre-weekly-issue-1.png")
    Article.objects.update(blurb="Another.")
    note_changes(Issue.objects.all())
    client.get("/sre-weekly-issue-1.png")
    assert len(drawn) == 1


def test_card_at_the_address_of_its_state_is_kept_for_ever(client):
    issue = make_issue(number=1, articles=1)
    version = cards.card_digest(load(issue))[:8]
    cached = client.get(f"/sre-weekly-issue-1.png?v={version}")["Cache-Control"]
    assert "max-age=31536000" in cached
    assert "immutable" in cached


@pytest.mark.parametrize("query", ["", "?v=", "?v=00000000", "?v=%00"])
def test_card_at_another_address_is_kept_as_pages_are(client, query):
    make_issue(number=1)
    cached = client.get(f"/sre-weekly-issue-1.png{query}")["Cache-Control"]
    assert "max-age=300" in cached
    assert "immutable" not in cached


def test_not_modified_reads_no_picture(client, drawn):
    make_issue(number=1)
    etag = client.get("/sre-weekly-issue-1.png")["ETag"]
    IssueCard.objects.all().delete()
    assert client.get("/sre-weekly-issue-1.png", headers={"If-None-Match": etag}).status_code == 304
    assert len(drawn) == 1


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_unpublished_issue_has_no_card(client, drawn, hidden):
    make_issue(number=1, **hidden)
    assert client.get("/sre-weekly-issue-1.png").status_code == 404
    assert drawn == []


def test_withdrawn_issue_has_no_card_any_more(client):
    issue = make_issue(number=1)
    client.get("/sre-weekly-issue-1.png")
    issue.withdraw()
    assert client.get("/sre-weekly-issue-1.png").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_first_at_once_are_both_answered():
    make_issue(number=1, articles=2)

    def ask(_):
        try:
            return Client().get("/sre-weekly-issue-1.png")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(ask, range(8)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert IssueCard.objects.count() == 1


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        "日本語の題",
        "Café",
        "\U0010ffff",
        "a\u0301",
        "x" * 5000,
        "long words " * 400,
        "مرحبا",
        "🎭",
        "\u202e",
        "’",
    ],
)
def test_any_title_can_be_drawn(title):
    issue = make_issue(number=1)
    make_article(issue=issue, title=title[:500])
    assert Image.open(BytesIO(cards.stored_card(load(issue)))).size == (1200, 630)
    assert Image.open(BytesIO(cards.draw_card(title, title, (title,)))).size == (1200, 630)


def test_words_that_the_font_cannot_draw_are_left_out():
    issue = make_issue(number=7, title="信頼性週報 #7", publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    for title in ("日本語", "First", "Café", "Second", "Third", "Fourth", "Fifth"):
        make_article(issue=issue, title=title)
    assert cards._words(load(issue)) == ("#7", "August 11, 2024", ("First", "Second", "Third", "Fourth"))


def test_english_can_be_drawn():
    text = "“Don’t” - it’s: [10%] & a/b, 'c'; (d)… #437! 3x"
    assert cards._drawable(text.replace("-", "—").replace("x", "×")) == text


def test_long_title_is_cut_at_a_word():
    assert cards._fitted("word " * 100, 34).endswith("word…")


def test_site_has_a_card(client, settings):
    image = opened(client.get("/card.png"))
    assert image.size == (1200, 630)
    before = client.get("/card.png").content
    settings.NEWSLETTER_NAME = "Another Weekly"
    assert client.get("/card.png").content != before
