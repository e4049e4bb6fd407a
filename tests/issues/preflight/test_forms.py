import pytest

from issues.preflight import forms
from issues.preflight.forms import printed_forms
from tests.issues.preflight.checking import found, load, run
from tests.make import make_article, make_correction, make_issue, make_placement, make_sponsor

pytestmark = pytest.mark.django_db


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
    assert found(forms.different_forms, issue, forms=printed_forms(load(issue))) == []


@pytest.mark.parametrize(
    "title",
    [
        "* Starred",
        "- " * 60,
        "# No [heading](https://e.example/) **here** `code`",
        "可观测性" * 30,
        "مشاكل قواعد البيانات",
        "<b>Bold</b> & “quotes”",
        "https://example.com/a-title-that-is-an-address",
        "a\u00a0b\u200bc\u202ed",
        "👩🏽‍🚒 🔥",
        "Outages",
    ],
)
@pytest.mark.parametrize("section", ["articles", "outages"])
def test_odd_titles_stop_nothing(title, section):
    issue = make_issue(status="draft")
    make_article(issue=issue, title=title, section=section)
    make_article(issue=issue, title="Another", section=section, blurb=f"> {title}\n\n* {title}")
    assert found(forms.different_forms, issue, forms=printed_forms(load(issue))) == []


def test_entry_without_an_address_or_a_title_is_the_same_everywhere():
    issue = make_issue(status="draft")
    make_article(issue=issue, url="")
    make_article(issue=issue, title="")
    assert found(forms.different_forms, issue, forms=printed_forms(load(issue))) == []


@pytest.mark.parametrize("form", ["feed", "mail", "text mail"])
def test_form_that_lacks_an_entry_stops_the_issue(issue, form):
    printed = printed_forms(load(issue))
    fewer = load(issue)
    fewer.printed_articles[0].delete()
    printed[form] = printed_forms(load(issue))[form]
    (finding,) = run(forms.different_forms, issue, forms=printed)
    assert (finding.level.label, finding.anchor) == ("stop", "articles-group")
    assert f"Page and {form} do not show the same entries" in finding.text


@pytest.mark.parametrize("form", ["feed", "mail", "text mail"])
def test_form_in_another_order_stops_the_issue(issue, form):
    printed = printed_forms(load(issue))
    for article in issue.articles.filter(section="articles"):
        article.position = 10 - article.position
        article.save()
    printed[form] = printed_forms(load(issue))[form]
    assert found(forms.different_forms, issue, forms=printed) == [("stop", "articles-group")]


@pytest.mark.parametrize(
    ("size", "level"), [(80_000, []), (80_002, ["warning"]), (100_000, ["warning"]), (100_002, ["stop"])]
)
def test_big_mail_is_a_warning_and_a_bigger_one_a_stop(issue, size, level):
    mail = "ü" * (size // 2)  # Bytes count.
    assert [finding.level.label for finding in run(forms.big_mail, issue, forms={"mail": mail})] == level
