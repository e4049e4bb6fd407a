"""What the page of a saved link says, read in the background."""

import pytest
from procrastinate.jobs import DEFAULT_QUEUE

from collecting.capture import CapturedPage, save_links
from fetching.client import Fetched
from fetching.models import FetchedPage
from fetching.outcome import Outcome
from fetching.reading import PageDetails
from issues.models.articles import Article
from tests.make import make_author, make_issue, make_publication
from tests.worker import work

URL = "https://example.com/post"


def read_pages():
    for _ in range(2):  # The second job waits for the lock of the first, and this worker does not wait.
        work(DEFAULT_QUEUE)


@pytest.fixture
def answer(transactional_db, monkeypatch):
    """Let the page of URL say this, once a worker reads it."""

    def say(title="The title", authors=("Ann",)):
        details = PageDetails(title=title, authors=list(authors), site_name="Acme")
        monkeypatch.setattr("fetching.tasks.fetch", lambda url: Fetched(Outcome.OK, "", url, url))
        monkeypatch.setattr("fetching.tasks.read_details", lambda fetched: details)

    return say


def test_page_of_an_address_alone_is_read_and_fills_in_title_and_credits(answer):
    answer()
    ann, acme = make_author("Ann"), make_publication(hosts=["example.com"])
    (saved,) = save_links([CapturedPage(f"{URL}?utm_source=x")])
    assert str(saved.article) == URL
    read_pages()
    article = Article.objects.get()
    assert (article.title, article.credited_authors, article.publication) == ("The title", [ann], acme)
    assert article.notes == "Author as given by the page: Ann\nSite as given by the page: Acme"


def test_what_an_editor_typed_before_the_page_was_read_stays(answer):
    answer()
    make_author("Ann")
    bob = make_author("Bob")
    (saved,) = save_links([CapturedPage(URL, excerpt="Q")])
    Article.objects.update(title="Typed", state="held", notes="Mine.\n\n> Q")
    saved.article.credit([bob])
    read_pages()
    article = Article.objects.get()
    assert (article.title, article.state, article.credited_authors) == ("Typed", "held", [bob])
    assert article.notes.count("> Q") == 1


def test_article_that_was_placed_meanwhile_stays(answer):
    answer()
    (saved,) = save_links([CapturedPage(URL)])
    saved.article.place(make_issue(status="draft"))
    read_pages()
    assert Article.objects.get().title == ""


def test_page_of_a_link_with_a_title_is_not_read(transactional_db):
    save_links([CapturedPage(URL, title="T")])
    assert not FetchedPage.objects.exists()


def test_page_that_cannot_be_read_leaves_the_address(transactional_db, monkeypatch):
    monkeypatch.setattr("fetching.tasks.fetch", lambda url: Fetched(Outcome.GONE, "The page is gone.", url, url))
    save_links([CapturedPage(URL)])
    read_pages()
    assert Article.objects.get().title == ""
    assert FetchedPage.objects.get().describe("") == "The page is gone."
