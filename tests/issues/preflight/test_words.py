import pytest

from issues.models.issues import Issue
from issues.preflight import look_up, words
from tests.issues.preflight.checking import found, load, run
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db
AT_BLURB = "id_articles-0-blurb"


def issue_with(blurb="A blurb.", **fields):
    issue = make_issue(status="draft")
    make_article(issue=issue, blurb=blurb, **fields)
    return issue


@pytest.mark.parametrize(
    "text", ["TK", "TKTK", "Say more. TODO", "FIXME:", "XXX", "Lorem ipsum", "{{ name }}", "{% if %}"]
)
def test_what_was_left_for_later_is_a_warning(text):
    assert found(words.placeholder, issue_with(text)) == [("warning", AT_BLURB)]


@pytest.mark.parametrize(
    "text", ["Outkast", "a to-do list", "Use `{{ name }}` there.", "```\nTODO\n```", "{json}", "XX"]
)
def test_words_and_code_like_it_are_none(text):
    assert found(words.placeholder, issue_with(text)) == []


def test_placeholder_is_found_in_every_field_that_is_printed():
    issue = issue_with(title="TK", byline="TK", disclosure="TK")
    Issue.objects.update(intro="TK")
    fields = ["id_intro", "id_articles-0-title", "id_articles-0-byline", "id_articles-0-disclosure"]
    assert found(words.placeholder, issue) == [("warning", field) for field in fields]


@pytest.mark.parametrize(
    "text",
    [
        "**bold",
        "_An opening that nothing closes",
        "a *word",
        "[an article](https://example.com/",
        "[an article][1]",
        "A `word",
        "~~struck",
        "```\ncode",
        "Two ** stars **",
    ],
)
def test_markdown_that_is_printed_as_it_stands_is_a_warning(text):
    assert found(words.literal_markdown, issue_with(text)) == [("warning", AT_BLURB)]


@pytest.mark.parametrize(
    "text",
    [
        "**bold**, *emphasis*, _emphasis_, `code **` and ~~struck~~",
        "[an article](https://example.com/), [sic], [1] and (2)",
        "snake_case_name, A* search, 5 * 6 * 7",
        "```\nopen `\n```",
        "- one\n- two\n\n1. one",
        "# A heading",
        "C# and #hashtag",
    ],
)
def test_markdown_that_is_understood_is_none(text):
    assert found(words.literal_markdown, issue_with(text)) == []


def test_markdown_in_a_title_is_a_warning():
    assert found(words.literal_markdown, issue_with(title="What `git` does")) == [("warning", "id_articles-0-title")]
    assert found(words.literal_markdown, issue_with(title="What git does, and A* too")) == []


@pytest.mark.parametrize(
    ("text", "count"), [("![](https://e.example/a.png)", 1), ("![A graph](/a.png)", 1), ("Wow! [a](/b)", 0)]
)
def test_image_is_a_warning(text, count):
    assert found(words.image, issue_with(text)) == [("warning", AT_BLURB)] * count


def test_title_that_was_cut_is_a_warning():
    for title in ("How we broke…", "How we broke..."):
        assert found(words.cut_title, issue_with(title=title)) == [("warning", "id_articles-0-title")]
    assert found(words.cut_title, issue_with(title="How… we broke it")) == []


@pytest.mark.parametrize("text", ["Paris in the the spring", "The the", "It is is *not not* here", "all [the](/a) the"])
def test_repeated_word_is_a_note(text):
    assert ("note", AT_BLURB) in found(words.repeated_words, issue_with(text))


@pytest.mark.parametrize(
    "text",
    ["He had had that that", "Duran Duran", "the end. The", "one\n\none", "- a\n- a", "the-the", "2 2", "so, so"],
)
def test_what_is_right_twice_is_none(text):
    assert found(words.repeated_words, issue_with(text)) == []


@pytest.mark.parametrize(
    ("place", "blurb"),
    [(0, "As the article above says."), (2, "See the next article."), (2, "More in the post below.")],
)
def test_reference_to_where_no_article_stands_is_a_warning(place, blurb):
    issue = make_issue(articles=3, status="draft")
    article = issue.articles.all()[place]
    article.blurb = blurb
    article.save()
    assert found(words.neighbours, issue) == [("warning", f"id_articles-{place}-blurb")]


def three_with_a_reference():
    """One, Two (“the article above”), Three; and their keys, with the revision that was saved."""
    issue = make_issue(articles=3, status="draft")
    one, two, three = issue.articles.all()
    two.blurb = "A follow-up to the article above."
    two.save()
    Issue.objects.filter(pk=issue.pk).count_up_versions(None, "saved")
    return issue, one, two, three


def test_reference_to_a_neighbour_that_stayed_is_a_note_with_its_title():
    issue, one, *_ = three_with_a_reference()
    (finding,) = run(words.neighbours, issue, **vars(look_up(load(issue))))
    assert (finding.level.label, finding.anchor) == ("note", "id_articles-1-blurb")
    assert f"that is “{one}” now" in finding.text


def test_reference_to_a_neighbour_that_moved_is_a_warning():
    issue, one, two, three = three_with_a_reference()
    for position, article in enumerate((three, two, one), 11):
        article.position = position
        article.save()
    Issue.objects.filter(pk=issue.pk).count_up_versions(None, "saved")
    (finding,) = run(words.neighbours, issue, **vars(look_up(load(issue))))
    assert (finding.level.label, finding.anchor) == ("warning", "id_articles-1-blurb")
    assert f"that is “{three}” since a move" in finding.text


def test_reference_that_was_written_after_the_move_is_a_note():
    issue, one, two, three = three_with_a_reference()
    for position, article in enumerate((three, two, one), 11):
        article.position = position
        article.blurb = "What the previous article says." if article == two else article.blurb
        article.save()
    Issue.objects.filter(pk=issue.pk).count_up_versions(None, "saved")
    assert found(words.neighbours, issue, **vars(look_up(load(issue)))) == [("note", "id_articles-1-blurb")]


def test_above_and_below_of_other_things_are_none():
    issue = make_issue(status="draft")
    make_article(issue=issue, blurb="Above all, latency stayed below 3 ms, and the last one was worse.")
    assert found(words.neighbours, issue) == []
