import pytest

from issues.preflight import credits
from tests.issues.preflight.checking import answer, found, run, summaries
from tests.make import make_article, make_author, make_issue, make_placement, make_publication, make_sponsor

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"


@pytest.fixture
def issue():
    return make_issue(status="draft")


def test_article_without_credits_is_a_warning_with_the_names_on_its_page(issue):
    make_article(issue=issue, url=URL).credit([])
    author, publication = run(credits.missing_credits, issue, pages=answer(URL, authors=["By Ada Lovelace"]))
    assert summaries([author, publication]) == [
        ("warning", "no_author", "id_articles-0-author_list"),
        ("note", "no_publication", "id_articles-0-publication"),
    ]
    assert "Ada Lovelace" in author.text


def test_full_credits_a_byline_or_an_outage_are_fine(issue):
    make_article(issue=issue, publication=make_publication())
    make_article(issue=issue, byline="Ada, with guests").credit([])
    make_article(issue=issue, section="outages").credit([])
    assert found(credits.missing_credits, issue) == []


def test_author_on_the_page_who_is_not_credited_is_a_warning(issue):
    make_article(issue=issue, url=URL, authors=(make_author("Ada Lovelace"),))
    pages = answer(URL, authors=["Ada Lovelace and Charles Babbage"])
    (finding,) = run(credits.other_authors, issue, pages=pages)
    assert summaries([finding]) == [("warning", "other_author", "id_articles-0-author_list")]
    assert "names Charles Babbage as" in finding.text


@pytest.mark.parametrize("printed", [[], ["Ada Lovelace"], ["Ayende Rahien"], ["Example"], ["The Site"]])
def test_credited_authors_their_aliases_and_the_publication_are_expected(issue, printed):
    authors = (make_author("Ada Lovelace"), make_author("Oren Eini", aliases=["Ayende Rahien"]))
    make_article(issue=issue, url=URL, authors=authors, publication=make_publication("Example"))
    pages = answer(URL, authors=printed, site_name="The Site")
    assert found(credits.other_authors, issue, pages=pages) == []


def test_names_on_the_page_are_looked_for_in_the_byline(issue):
    make_article(issue=issue, url=URL, byline="Julie Gunderson, with guest Tim Nicholas")
    assert found(credits.other_authors, issue, pages=answer(URL, authors=["Tim Nicholas"])) == []
    findings = found(credits.other_authors, issue, pages=answer(URL, authors=["Tim Nichols"]))
    assert findings == [("warning", "other_author", "id_articles-0-byline")]


def test_article_of_the_sponsors_publication_needs_a_disclosure(issue):
    sponsor = make_sponsor()
    make_placement(issue, sponsor=sponsor)
    make_article(issue=issue, publication=make_publication(sponsor=sponsor))
    make_article(issue=issue, publication=make_publication(sponsor=sponsor), disclosure="Full disclosure: sponsor.")
    make_article(issue=issue, publication=make_publication(sponsor=make_sponsor()))
    findings = found(credits.missing_disclosures, issue)
    assert findings == [("stop", "sponsor_undisclosed", "id_articles-0-disclosure")]


def test_article_of_an_employers_publication_needs_its_disclosure(issue):
    publication = make_publication(disclosure="Full disclosure: Honeycomb is my employer.")
    make_article(issue=issue, publication=publication)
    make_article(issue=issue, publication=publication, disclosure="Full disclosure: I work there.")
    make_article(issue=issue, publication=make_publication())
    (finding,) = run(credits.missing_disclosures, issue)
    assert summaries([finding]) == [("stop", "publication_undisclosed", "id_articles-0-disclosure")]
    assert publication.disclosure in finding.text


def test_article_on_the_sponsors_site_is_a_warning(issue):
    make_placement(issue, sponsor=make_sponsor(url="https://www.sponsor.example/"))
    make_article(issue=issue, url="https://sponsor.example/blog/1")
    make_article(issue=issue, url="https://example.com/blog/1")
    findings = found(credits.missing_disclosures, issue)
    assert findings == [("warning", "sponsor_site", "id_articles-0-disclosure")]
