import pytest

from issues.preflight import credits
from tests.issues.preflight.checking import answer, found, run
from tests.make import make_article, make_author, make_issue, make_placement, make_publication, make_sponsor

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"


@pytest.fixture
def issue():
    return make_issue(status="draft")


def credited(issue, *names, **fields):
    """An article that those are credited for."""
    return make_article(issue=issue, url=URL, authors=tuple(make_author(name) for name in names), **fields)


def test_article_that_credits_nobody_is_a_warning_with_whom_its_page_names(issue):
    credited(issue, "Somebody").credit([])
    author, publication = run(credits.nobody_credited, issue, pages=answer(URL, authors=["By Ada Lovelace"]))
    assert (author.level.label, author.anchor) == ("warning", "id_articles-0-author_list")
    assert "its page names Ada Lovelace" in author.text
    assert (publication.level.label, publication.anchor) == ("note", "id_articles-0-publication")


def test_author_with_a_publication_or_a_byline_in_prose_is_enough(issue):
    make_article(issue=issue, publication=make_publication())
    make_article(issue=issue, byline="Ada, with guests").credit([])
    make_article(issue=issue, section="outages").credit([])
    assert found(credits.nobody_credited, issue) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["Ada Lovelace"], ["Charles Babbage"]),
        (["Ada Lovelace"], ["Ada Lovelace", "Charles Babbage"]),
        (["Ada Lovelace"], ["Ada Lovelace and Charles Babbage"]),
        (["Loren Hochstein"], ["Lorin Hochstein"]),
    ],
)
def test_author_whom_the_page_names_and_nobody_credits_is_a_warning(issue, ours, theirs):
    credited(issue, *ours)
    assert found(credits.another_author, issue, pages=answer(URL, authors=theirs)) == [
        ("warning", "id_articles-0-author_list")
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["Ada Lovelace"], []),
        (["Ada Lovelace"], ["By ADA LOVELACE"]),
        (["Ada Lovelace"], ["Ada Lovelace, Senior Site Reliability Engineer at Analytical"]),
        (["Ada Lovelace"], ["Ada King Lovelace (Analytical Engines)"]),
        (["Ada Lovelace"], ["Example"]),
        (["Ada Lovelace"], ["Editorial Team", "@ada"]),
        (["Ada Lovelace", "Charles Babbage"], ["Ada Lovelace"]),
        (["Ada Lovelace", "Charles Babbage"], ["Charles Babbage & Ada Lovelace — Example"]),
        (["Colm MacCárthaigh"], ["Colm MacCarthaigh"]),
        (["rachelbythebay"], ["Rachel by the Bay"]),
        (["李小龙"], ["李小龙"]),
        (["Robert Poston, MD"], ["Robert Poston"]),
    ],
)
def test_author_whom_the_page_writes_otherwise_is_the_same(issue, ours, theirs):
    credited(issue, *ours, publication=make_publication("Example"))
    assert found(credits.another_author, issue, pages=answer(URL, authors=theirs)) == []


def test_alias_is_the_same_author(issue):
    make_article(issue=issue, url=URL, authors=(make_author("Oren Eini", aliases=["Ayende Rahien"]),))
    assert found(credits.another_author, issue, pages=answer(URL, authors=["Ayende Rahien"])) == []


def test_byline_in_prose_is_compared_as_it_is_printed(issue):
    make_article(issue=issue, url=URL, byline="Julie Gunderson, with guest Tim Nicholas")
    pages = answer(URL, authors=["Tim Nicholas"])
    assert found(credits.another_author, issue, pages=pages) == []
    pages = answer(URL, authors=["Tim Nichols"])
    assert found(credits.another_author, issue, pages=pages) == [("warning", "id_articles-0-byline")]


def test_article_of_the_sponsors_publication_needs_a_disclosure(issue):
    sponsor = make_sponsor()
    make_placement(issue, sponsor=sponsor)
    make_article(issue=issue, publication=make_publication(sponsor=sponsor))
    make_article(issue=issue, publication=make_publication(sponsor=sponsor), disclosure="Full disclosure: sponsor.")
    make_article(issue=issue, publication=make_publication(sponsor=make_sponsor()))
    assert found(credits.no_disclosure, issue) == [("stop", "id_articles-0-disclosure")]


def test_article_of_an_employers_publication_needs_its_disclosure(issue):
    publication = make_publication(disclosure="Full disclosure: Honeycomb is my employer.")
    make_article(issue=issue, publication=publication)
    make_article(issue=issue, publication=publication, disclosure="Full disclosure: I work there.")
    make_article(issue=issue, publication=make_publication())
    (finding,) = run(credits.no_disclosure, issue)
    assert (finding.level.label, finding.anchor) == ("stop", "id_articles-0-disclosure")
    assert "Full disclosure: Honeycomb is my employer." in finding.text


def test_article_on_the_sponsors_own_site_is_a_warning(issue):
    make_placement(issue, sponsor=make_sponsor(url="https://www.sponsor.example/"))
    make_article(issue=issue, url="https://sponsor.example/blog/1")
    make_article(issue=issue, url="https://example.com/blog/1")
    assert found(credits.no_disclosure, issue) == [("warning", "id_articles-0-disclosure")]
