import pytest

from issues.models.articles import Article
from issues.preflight.findings import Finding, Level
from text.quotes import quote

ARTICLE = Article(title="Queues")


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("“Queues” has no blurb: write one.", "Has no blurb: write one."),
        ("The address of “Queues” tracks readers.", "The address tracks readers."),
        ("“Queues” leads to the same page as “Queues of old”.", "Leads to the same page as “Queues of old”."),
        ("The page of “Stacks” is gone.", "The page of “Stacks” is gone."),
    ],
)
def test_title_is_left_out_below_the_title(text, below):
    assert Finding(Level.WARNING, "code", text, "id_title", ARTICLE).text_below == below
    assert Finding(Level.WARNING, "code", text, "id_title").text_below == text


def test_title_in_quotation_marks_is_left_out_too():
    article = Article(title="“Queues”")
    finding = Finding(Level.NOTE, "code", f"{quote(article)} is long.", "id_title", article)
    assert finding.text_below == "Is long."
