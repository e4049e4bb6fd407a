import pytest
from django.utils import timezone

from issues.models.revisions import contents_of
from issues.preflight import prepare
from issues.preflight.neighbours import moved_neighbours
from tests.issues.preflight.checking import found, reload, summaries
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("place", "blurb"),
    [(0, "As the article above says."), (2, "See the next article."), (2, "More in the post below.")],
)
def test_mention_of_a_neighbour_that_does_not_exist_is_a_warning(place, blurb):
    issue = make_issue(articles=3, status="draft")
    issue.articles.filter(pk=issue.articles.all()[place].pk).update(blurb=blurb)
    assert found(moved_neighbours, issue) == [("warning", "no_neighbour", f"id_articles-{place}-blurb")]


def test_above_and_below_of_other_things_are_fine():
    issue = make_issue(status="draft")
    make_article(issue=issue, blurb="Above all, latency stayed below 3 ms, and the last one was worse.")
    assert found(moved_neighbours, issue) == []


@pytest.fixture
def three():
    """Three articles of an issue with a saved revision. The second one mentions “the article above”."""
    issue = make_issue(articles=3, status="draft")
    one, two, three = issue.articles.all()
    two.blurb = "A follow-up to the article above."
    two.save()
    keep_revision(issue)
    return one, two, three


def keep_revision(issue):
    version = issue.revisions.count() + 1
    issue.revisions.create(version=version, saved_at=timezone.now(), contents=contents_of(reload(issue)))


def reverse_order(articles):
    for position, article in enumerate(reversed(articles), 11):
        article.position = position
        article.save()


def finding_of(issue):
    (finding,) = moved_neighbours(prepare(reload(issue)))
    return *summaries([finding])[0], finding.text


def test_neighbour_that_stayed_is_a_note_with_its_title(three):
    *finding, text = finding_of(three[0].issue)
    assert finding == ["note", "neighbour", "id_articles-1-blurb"]
    assert f"“{three[0]}”" in text


def test_neighbour_that_moved_is_a_warning_with_the_new_one(three):
    reverse_order(three)
    keep_revision(three[0].issue)
    *finding, text = finding_of(three[0].issue)
    assert finding == ["warning", "moved_neighbour", "id_articles-1-blurb"]
    assert f"“{three[2]}”" in text


def test_blurb_that_was_written_after_the_move_is_a_note(three):
    three[1].blurb = "What the previous article says."
    reverse_order(three)
    keep_revision(three[0].issue)
    *finding, _ = finding_of(three[0].issue)
    assert finding == ["note", "neighbour", "id_articles-1-blurb"]
