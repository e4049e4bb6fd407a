import pytest

from issues.preflight import links
from issues.preflight.passages import links_of
from tests.issues.preflight.checking import answer, found, reload, run, summaries
from tests.make import make_article, make_issue, make_placement

pytestmark = pytest.mark.django_db
URL = "https://example.com/one"
AT_URL = "id_articles-0-url"


def issue_with(url=URL, **fields):
    issue = make_issue(status="draft")
    make_article(issue=issue, url=url, **fields)
    return issue


def test_links_are_those_of_articles_of_sponsors_and_in_markdown_to_other_sites():
    blurb = "See [it](https://b.example/), <https://b.example/>, [ours](/archive/), [us](https://sreweekly.example/)."
    issue = issue_with(blurb=blurb)
    make_placement(issue, message="Try [us](https://s.example/m).", url="https://s.example/")
    assert [(link.address, link.anchor, link.is_sold) for link in links_of(reload(issue))] == [
        ("https://s.example/m", "id_placements-0-message", True),
        ("https://b.example/", "id_articles-0-blurb", False),
        ("https://s.example/", "id_placements-0-url", True),
        (URL, AT_URL, False),
    ]


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("https://bit.ly/abc", "shortened", "the page itself"),
        ("https://feedproxy.google.com/~r/x/1", "feed_address", "the page itself"),
        ("https://example.com/?id=7&utm_source=x&utm_medium=y", "tracking", "“utm_source”, “utm_medium”"),
        ("https://example.com/?id=7&utm_source=x&utm_medium=y", "tracking", " https://example.com/?id=7."),
    ],
)
def test_indirect_address_is_a_warning(url, code, words):
    (finding,) = run(links.indirect_addresses, issue_with(url))
    assert summaries([finding]) == [("warning", code, AT_URL)]
    assert words in finding.text


def test_plain_addresses_and_those_of_sponsors_are_not_indirect():
    issue = issue_with("https://example.com/?id=7")
    make_placement(issue, message="[Try](https://bit.ly/try?utm_source=x)", url="https://s.example/?utm_source=x")
    assert found(links.indirect_addresses, issue) == []


def test_target_of_a_shortened_address_is_given_if_it_is_known():
    url = "https://bit.ly/abc"
    (finding,) = run(links.indirect_addresses, issue_with(url), pages=answer(url, final_url=URL))
    assert f"use {URL}." in finding.text


def test_dead_link_is_a_warning_with_the_reason():
    pages = answer(URL, "gone", sentence="The site answered 404.")
    (finding,) = run(links.dead_links, issue_with(), pages=pages)
    assert summaries([finding]) == [("warning", "dead", AT_URL)]
    assert "The site answered 404." in finding.text


@pytest.mark.parametrize("outcome", ["ok", "not a page", "unreachable", "refused"])
def test_page_that_its_site_does_not_call_gone_is_not_dead(outcome):
    assert found(links.dead_links, issue_with(), pages=answer(URL, outcome)) == []


def test_permanent_redirect_is_a_warning_with_the_new_address():
    pages = answer(URL, final_url="https://example.com/two", is_moved_permanently=True)
    (finding,) = run(links.moved_pages, issue_with(), pages=pages)
    assert summaries([finding]) == [("warning", "moved", AT_URL)]
    assert "https://example.com/two" in finding.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"final_url": "https://example.com/sign-in", "is_moved_permanently": False},
        {"final_url": f"{URL}/", "is_moved_permanently": True},
    ],
)
def test_temporary_redirect_or_one_to_the_same_page_is_fine(fields):
    assert found(links.moved_pages, issue_with(), pages=answer(URL, **fields)) == []


@pytest.mark.parametrize("outcome", ["unreachable", "refused", "too many redirects"])
def test_page_that_could_not_be_reached_from_here_is_a_note(outcome):
    (finding,) = run(links.unseen_pages, issue_with(), pages=answer(URL, outcome, sentence="No answer."))
    assert summaries([finding]) == [("note", "not_seen", AT_URL)]
    assert "No answer." in finding.text


def test_address_that_no_reader_can_open_is_a_warning():
    pages = answer(URL, "forbidden", sentence="“localhost” is not on the public internet, so it is not requested.")
    assert found(links.unseen_pages, issue_with(), pages=pages) == [("warning", "not_public", AT_URL)]


@pytest.mark.parametrize("outcome", ["ok", "not a page", "gone"])
def test_page_that_answered_is_not_unseen(outcome):
    assert found(links.unseen_pages, issue_with(), pages=answer(URL, outcome)) == []


def test_unencrypted_address_is_a_note():
    issue = issue_with("http://example.com/one")
    make_placement(issue, url="http://s.example/")
    assert found(links.unencrypted_addresses, issue) == [("note", "unencrypted", AT_URL)]
    assert found(links.unencrypted_addresses, issue_with()) == []


def test_links_that_were_not_checked_yet_are_counted():
    issue = issue_with(blurb="[Two](https://example.com/two)")
    (finding,) = run(links.unchecked_links, issue)
    assert summaries([finding]) == [("note", "not_checked", "id_articles-0-blurb")]
    assert "2 links" in finding.text
    assert found(links.unchecked_links, issue, pages=answer(URL, fetched_at=None)) != []
    assert found(links.unchecked_links, issue_with(), pages=answer(URL)) == []
