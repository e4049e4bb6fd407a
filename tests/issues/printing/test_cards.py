from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from issues.models.issues import Issue
from issues.printing import cards
from tests.make import make_article, make_issue


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


@pytest.mark.parametrize("title", ["", "日本語の題", "a\u0301 🎭 \u202e\U0010ffff", "x" * 5000, "long words " * 400])
def test_any_title_can_be_drawn(title):
    assert Image.open(BytesIO(cards.draw_card(title, title, (title,)))).size == (1200, 630)


@pytest.mark.django_db
def test_words_that_the_font_cannot_draw_are_left_out():
    issue = make_issue(number=7, title="信頼性週報 #7", publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    for title in ("日本語", "First", "Café", "Second", "Third", "Fourth", "Fifth"):
        make_article(issue=issue, title=title)
    assert cards._words(load(issue)) == ("#7", "August 11, 2024", ("First", "Second", "Third", "Fourth"))


def test_english_can_be_drawn():
    text = "“Don’t” - it’s: [10%] & a/b, 'c'; (d)… #437! 3x"
    assert cards._drawable(text.replace("-", "—").replace("x", "×")) == text


def test_long_title_is_cut_at_a_word():
    assert cards._fitted("word " * 100, 34, 1000).endswith("word…")


@pytest.mark.parametrize(("words", "lines"), [(0, 0), (1, 1), (10, 2), (15, 3), (100, 3)])
def test_long_title_is_broken_into_lines_without_losing_a_word(words, lines):
    wrapped = cards._wrapped("word " * words, 62, 1040)
    assert (len(wrapped), " ".join(wrapped).split()) == (lines, ["word"] * min(words, 50))


def test_site_has_a_card(client, settings):
    before = client.get("/card.png")
    assert Image.open(BytesIO(before.content)).size == (1200, 630)
    settings.NEWSLETTER_NAME = "Another Weekly"
    assert client.get("/card.png").content != before.content
