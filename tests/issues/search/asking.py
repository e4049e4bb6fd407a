"""Make articles that search finds, and read its pages as a reader does."""

import lxml.html

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.search.index import reindex
from tests.make import make_article, make_issue


def index_all() -> None:
    reindex(Issue.objects.all())


def make_found(title: str = "Found", **fields) -> Article:
    """Make an indexed article in an issue of its own, unless `issue` is given."""
    article = make_article(**{**fields, "title": title, "issue": fields.get("issue") or make_issue()})
    index_all()
    return article


def ask(client, words: str = "", status: int = 200, **parameters) -> lxml.html.HtmlElement:
    response = client.get("/search/", {"q": words, **parameters})
    assert response.status_code == status
    return lxml.html.fromstring(response.content.decode())


def text_of(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def results(client, words: str = "", **parameters) -> list[str]:
    """Return the titles of the results."""
    return [text_of(heading) for heading in ask(client, words, **parameters).xpath("//ol/li/h2")]


def suggestion(client, words: str, **parameters) -> str:
    """Return the suggested query; empty if there is none."""
    return "".join(ask(client, words, **parameters).xpath("//main/p/a[bdi]/bdi/text()"))
