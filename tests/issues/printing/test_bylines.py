import lxml.html
import pytest

from issues.models.articles import Article
from issues.printing.bylines import byline_html, byline_text
from tests.make import make_article, make_author, make_publication

pytestmark = pytest.mark.django_db


def article(*, authors=(), **fields):
    made = make_article(**fields)
    made.credit(authors)
    return Article.objects.with_credits().get(pk=made.pk)


@pytest.mark.parametrize(
    ("names", "publication", "printed"),
    [
        (["A"], "P", "A — P"),
        (["Zoe", "Adam"], "P", "Zoe and Adam — P"),
        (["A", "B", "C"], "P", "A, B, and C — P"),
        (["A", "B", "C", "D"], None, "A, B, C, and D"),
        (["Robert Poston, MD"], None, "Robert Poston, MD"),
        ([], "P", "P"),
        ([], None, ""),
        (["<b>Ann</b> &amp; Lee"], "A & B", "<b>Ann</b> &amp; Lee — A & B"),
    ],
)
def test_html_and_text_credit_the_same(names, publication, printed):
    found = article(
        authors=[make_author(name, slug=f"a{number}") for number, name in enumerate(names)],
        publication=publication and make_publication(publication, slug="p"),
    )
    markup = byline_html(found)
    assert byline_text(found) == printed
    assert (lxml.html.fragment_fromstring(markup, "p").text_content() if markup else "") == printed


def test_own_words_replace_authors_and_publication():
    found = article(
        authors=[make_author("A")], publication=make_publication("P"), byline=" A, with <guest> B\u00a0— P "
    )
    assert byline_html(found) == "<bdi>A, with &lt;guest&gt; B\u00a0— P</bdi>"
    assert byline_text(found) == "A, with <guest> B — P"


def test_names_link_to_their_pages_and_keep_their_own_direction():
    found = article(authors=[make_author("נועה", slug="noa")], publication=make_publication("ACM Queue"))
    credits = lxml.html.fragment_fromstring(byline_html(found), "p")
    assert credits.xpath("a/@href") == [
        "https://sreweekly.example/authors/noa/",
        "https://sreweekly.example/publications/acm-queue/",
    ]
    assert credits.xpath("a/bdi/text()") == ["נועה", "ACM Queue"]
