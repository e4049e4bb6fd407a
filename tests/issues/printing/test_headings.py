"""Headings of Markdown stand below the heading of what they are in, and no level is left out."""

from itertools import pairwise

import lxml.html
import pytest

from issues.models.issues import Issue
from issues.printing.mail import render_mail
from tests.make import make_article, make_correction, make_issue, make_page, make_placement

pytestmark = pytest.mark.django_db

SKIPPING = "### {}\n\n##### below {}"
ISSUE = "SRE Weekly Issue #2"


@pytest.fixture(autouse=True)
def issues():
    for number in (1, 2):
        issue = make_issue(number=number, intro=SKIPPING.format("intro", "intro"))
        make_placement(issue, message=SKIPPING.format("sponsor", "sponsor"))
        make_article(issue=issue, title="", url="", blurb=SKIPPING.format("untitled", "untitled"))
        make_article(issue=issue, title="Titled", blurb=SKIPPING.format("blurb", "blurb"))
        make_article(issue=issue, section="outages", title="", blurb=SKIPPING.format("outage", "outage"))
        make_correction(issue, SKIPPING.format("correction", "correction"))
    make_page(slug="about", body=SKIPPING.format("page", "page"))


def outline(markup):
    """Return (level, words) of each heading below h1."""
    found = lxml.html.fromstring(markup).xpath("//*[self::h1|self::h2|self::h3|self::h4|self::h5|self::h6|@aria-level]")
    levels = [(int(element.get("aria-level") or element.tag[1]), element.text_content().strip()) for element in found]
    assert levels[0][0] == 1
    assert all(after <= before + 1 for (before, _), (after, _) in pairwise(levels)), levels
    return {words: level for level, words in reversed(levels)}


@pytest.mark.parametrize(
    ("address", "title"),
    # The contents are the same on every page, for programs that read any of them.
    [("/sre-weekly-issue-2/", 1), ("/category/general/", 2), ("/", 2)],
)
def test_headings_of_an_issue_follow_its_title(client, address, title):
    levels = outline(client.get(address).content.decode())
    assert levels[ISSUE] == title
    assert {levels[name] for name in ("intro", "sponsor", "untitled", "Titled", "Outages", "correction")} == {2}
    assert {levels[name] for name in ("below intro", "blurb", "outage")} == {3}


def test_headings_in_mail_follow_each_other():
    levels = outline(render_mail(Issue.objects.with_contents().get(number=2)))
    assert (levels[ISSUE], levels["intro"], levels["blurb"]) == (1, 2, 3)


def test_headings_of_a_page_follow_its_title(client):
    levels = outline(client.get("/about/").content.decode())
    assert (levels["About"], levels["page"], levels["below page"]) == (1, 2, 3)
