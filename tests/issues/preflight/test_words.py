import pytest

from issues.models.issues import Issue
from issues.preflight import words
from tests.issues.preflight.checking import found
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db


def flagged(check, code, *blurbs):
    """Return the blurbs with exactly one finding, which has this code. Blurbs without findings are left out."""
    issue = make_issue(status="draft")
    for blurb in blurbs:
        make_article(issue=issue, blurb=blurb)
    findings = found(check, issue)
    assert {each for _, each, _ in findings} <= {code}
    anchors = [anchor for _, _, anchor in findings]
    return [blurb for place, blurb in enumerate(blurbs) if anchors.count(f"id_articles-{place}-blurb") == 1]


def test_placeholder_is_found():
    texts = ["TK", "TKTK", "Say more. TODO", "FIXME:", "XXX", "Lorem ipsum", "{{ name }}", "{% if %}"]
    assert flagged(words.placeholders, "placeholder", *texts) == texts


def test_similar_words_and_code_are_no_placeholders():
    texts = ["Outkast", "a to-do list", "Use `{{ name }}` there.", "```\nTODO\n```", "{json}", "XX"]
    assert flagged(words.placeholders, "placeholder", *texts) == []


def test_placeholder_is_found_in_every_printed_field():
    issue = make_issue(status="draft")
    make_article(issue=issue, title="TK", byline="TK", disclosure="TK")
    Issue.objects.update(intro="TK")
    fields = ["id_intro", "id_articles-0-title", "id_articles-0-byline", "id_articles-0-disclosure"]
    assert found(words.placeholders, issue) == [("warning", "placeholder", field) for field in fields]


def test_markdown_that_is_printed_as_typed_is_found():
    texts = [
        *("**bold", "_An opening that nothing closes", "a *word", "[an article](https://example.com/"),
        *("[an article][1]", "A `word", "~~struck", "Two ** stars **"),
    ]
    assert flagged(words.literal_markdown, "literal_markdown", *texts) == texts
    assert flagged(words.literal_markdown, "open_code", "```\ncode") == ["```\ncode"]


def test_markdown_that_is_understood_is_fine():
    texts = [
        "**bold**, *emphasis*, _emphasis_, `code **` and ~~struck~~",
        "[an article](https://example.com/), [sic], [1] and (2)",
        "snake_case_name, A* search, 5 * 6 * 7",
        "```\nopen `\n```",
        "- one\n- two\n\n1. one",
        "# A heading",
        "C# and #hashtag",
    ]
    assert flagged(words.literal_markdown, "literal_markdown", *texts) == []


def test_markdown_in_a_title_is_a_warning():
    issue = make_issue(status="draft")
    make_article(issue=issue, title="What `git` does")
    make_article(issue=issue, title="What git does, and A* too")
    assert found(words.literal_markdown, issue) == [("warning", "literal_markdown", "id_articles-0-title")]


def test_image_is_found():
    texts = ["![](https://e.example/a.png)", "![A graph](/a.png)"]
    assert flagged(words.images, "image", *texts, "Wow! [a](/b)") == texts


def test_title_that_was_cut_is_a_warning():
    issue = make_issue(status="draft")
    for title in ("How we broke…", "How we broke...", "How… we broke it"):
        make_article(issue=issue, title=title)
    fields = ["id_articles-0-title", "id_articles-1-title"]
    assert found(words.cut_titles, issue) == [("warning", "cut_title", field) for field in fields]


def test_repeated_word_is_found():
    texts = ["Paris in the the spring", "The the", "It is *not not* here", "all [the](/a) the"]
    assert flagged(words.repeated_words, "repeated_word", *texts) == texts


def test_words_that_are_right_twice_are_fine():
    texts = [
        "He had had that that",
        "Duran Duran",
        "the end. The",
        "one\n\none",
        "- a\n- a",
        "the-the",
        "2 2",
        "so, so",
    ]
    assert flagged(words.repeated_words, "repeated_word", *texts) == []
