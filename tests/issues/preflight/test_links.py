import pytest

from issues.preflight import links
from issues.preflight.passages import links_of
from tests.issues.preflight.checking import answer, found, load, run
from tests.make import make_article, make_issue, make_placement

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"
AT_URL = "id_articles-0-url"


def issue_with(url=URL, **fields):
    issue = make_issue(status="draft")
    make_article(issue=issue, url=url, **fields)
    return issue


def test_links_are_those_of_articles_of_sponsors_and_in_markdown():
    issue = issue_with(blurb="See [it](https://b.example/), <https://b.example/> and [ours](/archive/).")
    make_placement(issue, message="Try [us](https://s.example/m).", url="https://s.example/")
    assert [(link.address, link.anchor, link.is_sold) for link in links_of(load(issue))] == [
        ("https://s.example/m", "id_placements-0-message", True),
        ("https://b.example/", "id_articles-0-blurb", False),
        ("https://s.example/", "id_placements-0-url", True),
        (URL, AT_URL, False),
    ]


def test_this_sites_own_pages_are_not_asked():
    issue = issue_with(blurb="[An issue](https://sreweekly.example/sre-weekly-issue-1/).")
    assert [link.address for link in links_of(load(issue))] == [URL]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://bit.ly/abc", "is shortened"),
        ("https://feedproxy.google.com/~r/x/1", "is a feed’s address"),
        (
            "https://example.com/?id=7&utm_source=x&utm_medium=y",
            "“utm_source”, “utm_medium”: give https://example.com/?id=7.",
        ),
    ],
)
def test_roundabout_address_is_a_warning(url, words):
    (finding,) = run(links.roundabout_address, issue_with(url))
    assert (finding.level.label, finding.anchor) == ("warning", AT_URL)
    assert words in finding.text


def test_plain_address_and_what_a_sponsor_gave_are_not_roundabout():
    issue = issue_with("https://example.com/?id=7")
    make_placement(issue, message="[Try](https://bit.ly/try?utm_source=x)", url="https://s.example/?utm_source=x")
    assert found(links.roundabout_address, issue) == []


def test_where_a_shortened_link_leads_is_told_where_it_is_known():
    url = "https://bit.ly/abc"
    (finding,) = run(links.roundabout_address, issue_with(url), pages=answer(url, final_url=URL))
    assert f"give {URL}." in finding.text


def test_dead_link_is_a_warning():
    pages = answer(URL, "gone", sentence="The page is gone: the site answered 404.")
    (finding,) = run(links.dead, issue_with(), pages=pages)
    assert (finding.level.label, finding.anchor) == ("warning", AT_URL)
    assert "is dead: The page is gone: the site answered 404." in finding.text


@pytest.mark.parametrize("outcome", ["ok", "not a page", "unreachable", "refused"])
def test_what_the_site_does_not_call_gone_is_not_dead(outcome):
    assert found(links.dead, issue_with(), pages=answer(URL, outcome)) == []


def test_permanent_redirect_is_a_warning():
    pages = answer(URL, final_url="https://example.com/two", is_moved_permanently=True)
    (finding,) = run(links.moved, issue_with(), pages=pages)
    assert (finding.level.label, finding.anchor) == ("warning", AT_URL)
    assert "give https://example.com/two." in finding.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"final_url": "https://example.com/sign-in", "is_moved_permanently": False},
        {"final_url": f"{URL}/", "is_moved_permanently": True},
    ],
)
def test_redirect_for_one_visit_or_to_the_same_page_is_none(fields):
    assert found(links.moved, issue_with(), pages=answer(URL, **fields)) == []


@pytest.mark.parametrize("outcome", ["unreachable", "refused", "too many redirects"])
def test_what_could_not_be_reached_from_here_is_a_note(outcome):
    pages = answer(URL, outcome, sentence="It could not be reached from here.")
    (finding,) = run(links.not_seen, issue_with(), pages=pages)
    assert (finding.level.label, finding.anchor) == ("note", AT_URL)
    assert "It could not be reached from here. Open it yourself." in finding.text


def test_address_that_no_reader_can_open_is_a_warning():
    pages = answer(URL, "forbidden", sentence="“localhost” is not on the public internet, so it is not requested.")
    assert found(links.not_seen, issue_with(), pages=pages) == [("warning", AT_URL)]


@pytest.mark.parametrize("outcome", ["ok", "not a page", "gone"])
def test_link_that_was_seen_is_no_note(outcome):
    assert found(links.not_seen, issue_with(), pages=answer(URL, outcome)) == []


def test_unencrypted_address_is_a_note():
    assert found(links.unencrypted, issue_with("http://example.com/one")) == [("note", AT_URL)]
    assert found(links.unencrypted, issue_with()) == []


def test_links_that_were_not_asked_yet_are_counted():
    issue = issue_with(blurb="[Two](https://example.com/two)")
    (finding,) = run(links.unchecked, issue)
    assert finding.level.label == "note"
    assert finding.text.startswith("2 links were not checked yet")
    assert found(links.unchecked, issue_with(), pages=answer(URL)) == []
