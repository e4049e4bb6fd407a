import pytest

from issues.preflight import forms
from issues.preflight.forms import printed_forms
from tests.issues.preflight.checking import found, reload
from tests.make import make_article, make_correction, make_issue, make_placement, make_sponsor

pytestmark = pytest.mark.django_db

DIFFERENT = [("stop", "different_forms", "articles-group")]
ODD_TITLES = [
    *("* Starred", "- " * 60, "# No [heading](https://e.example/) **here** `code`", "可观测性" * 30),
    *("مشاكل قواعد البيانات", "<b>Bold</b> & “quotes”", "https://example.com/a-title-that-is-an-address"),
    *("a\u00a0b\u200bc\u202ed", "👩🏽‍🚒 🔥", "Outages"),
]


@pytest.fixture
def issue():
    issue = make_issue(intro="Hello.\n\n[https://a.example/](https://a.example/)")
    make_placement(issue, sponsor=make_sponsor("A message from https://x.example"))
    make_article(issue=issue, url="https://example.com/a?b=1&c=2", blurb="* a\n* b\n\n---\n\n" + "-" * 72)
    make_article(issue=issue, title="A title that is so long that it takes more than one line of the text mail of it")
    make_article(issue=issue, title="A message from our sponsor, Nobody:", tags=("a",), disclosure="Disclosure.")
    make_article(issue=issue, section="outages", title="Slack", blurb="* [note](https://n.example/)\n* other")
    make_article(issue=issue, section="outages", title="O" * 100, blurb="", url="https://example.com/" + "u" * 100)
    make_correction(issue, "https://example.com/")
    return issue


def test_forms_of_one_issue_show_the_same_entries(issue):
    assert found(forms.different_forms, issue, forms=printed_forms(reload(issue))) == []


@pytest.mark.parametrize("section", ["articles", "outages"])
def test_odd_titles_are_the_same_in_every_form(section):
    issue = make_issue(status="draft")
    for title in ODD_TITLES:
        make_article(issue=issue, title=title, section=section, blurb=f"> {title}\n\n* {title}")
    make_article(issue=issue, url="", section=section)
    make_article(issue=issue, title="", section=section)
    printed = printed_forms(reload(issue))
    assert len(forms.entries_of_html(printed["page"])) == len(ODD_TITLES) + 2
    assert found(forms.different_forms, issue, forms=printed) == []


@pytest.mark.parametrize("form", ["feed", "mail", "text mail"])
def test_form_without_one_of_the_entries_is_a_stop(issue, form):
    printed = printed_forms(reload(issue))
    reload(issue).printed_articles[0].delete()
    printed[form] = printed_forms(reload(issue))[form]
    assert found(forms.different_forms, issue, forms=printed) == DIFFERENT


@pytest.mark.parametrize("form", ["feed", "mail", "text mail"])
def test_form_in_another_order_is_a_stop(issue, form):
    printed = printed_forms(reload(issue))
    for article in issue.articles.filter(section="articles"):
        article.position = 10 - article.position
        article.save()
    printed[form] = printed_forms(reload(issue))[form]
    assert found(forms.different_forms, issue, forms=printed) == DIFFERENT


@pytest.mark.parametrize(
    ("size", "level"), [(80_000, []), (80_002, ["warning"]), (100_000, ["warning"]), (100_002, ["stop"])]
)
def test_big_mail_is_a_warning_and_a_bigger_one_a_stop(size, level):
    mail = "ü" * (size // 2)  # Bytes count.
    findings = found(forms.big_mail, make_issue(), forms={"mail": mail})
    assert findings == [(each, "big_mail", "articles-group") for each in level]
