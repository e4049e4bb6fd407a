from datetime import UTC, datetime

import lxml.html
import pytest
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.template.loader import render_to_string

from issues.models.credits import Author, Authorship, Publication
from issues.models.issues import Issue
from issues.printing import html
from issues.printing.html import excerpt, reading_minutes, render_html, summarize
from issues.printing.version import digest
from sponsors.models import Sponsor
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
)

pytestmark = pytest.mark.django_db

HOSTILE = '"><img src=x onerror=alert(1)>'


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


def rendered(issue):
    return lxml.html.fragment_fromstring(render_html(load(issue)), create_parent="section")


def small_print(*, authors=(), **article):
    issue = make_issue()
    make_article(issue=issue, **article).credit(authors)
    return "".join(small.text_content() for small in rendered(issue).xpath(".//small"))


def test_empty_issue_prints_nothing():
    assert render_html(load(make_issue())).strip() == ""


def test_sections_without_anything_are_not_printed():
    assert "Outages" not in render_html(load(make_issue(articles=1)))
    assert "sreweekly-entry" not in render_html(load(make_issue(outages=1)))


def test_articles_are_printed_in_order_of_position():
    issue = make_issue()
    make_article(issue=issue, position=2, title="Second")
    make_article(issue=issue, position=1, title="First")
    assert rendered(issue).xpath(".//div[@class='sreweekly-title']/a/text()") == ["First", "Second"]


def test_disclosure_is_printed_without_a_byline():
    assert small_print(disclosure="Full disclosure.") == "Full disclosure."


def test_nobody_credited_leaves_no_byline():
    issue = make_issue()
    make_article(issue=issue).credit([])
    assert "<small>" not in render_html(load(issue))


def test_title_without_an_address_is_no_link():
    issue = make_issue()
    make_article(issue=issue, url="", title="Lost")
    (title,) = rendered(issue).xpath(".//div[@class='sreweekly-title']")
    assert (title.text.strip(), len(title)) == ("Lost", 0)


def test_address_stands_in_for_a_missing_title():
    issue = make_issue()
    make_article(issue=issue, title="", url="https://example.com/x")
    assert rendered(issue).xpath(".//div[@class='sreweekly-title']/a/text()") == ["https://example.com/x"]


def test_host_is_printed_once():
    issue = make_issue()
    make_article(issue=issue, url="https://www.example.com/x")
    make_article(issue=issue, title="", url="https://example.com/x")
    make_article(issue=issue, url="")
    assert rendered(issue).xpath("string(.//div[@class='sreweekly-host'])") == "example.com"
    assert len(rendered(issue).xpath(".//div[@class='sreweekly-host']")) == 1


def test_empty_article_of_issue_144_is_printed_without_a_title():
    issue = make_issue()
    make_article(issue=issue, title="", url="", blurb="").credit([])
    make_article(issue=issue, title="", url="", blurb="Only this.").credit([])
    first, second = rendered(issue).xpath("div[@class='sreweekly-entry']")
    assert [child.get("class") for child in first] == ["sreweekly-description"]
    assert second.text_content().strip() == "Only this."


def test_tag_without_an_address_is_no_link():
    issue = make_issue()
    make_article(issue=issue, tags=("++",))
    (tags,) = rendered(issue).xpath(".//div[@class='sreweekly-tags']")
    assert (tags.text_content().strip(), tags.findall("a")) == ("++", [])


def test_sponsor_link_is_not_repeated_when_the_message_has_it():
    issue = make_issue()
    make_placement(issue, message="Try [it](https://s.example/?a=ü&b=1).", url="https://s.example/?a=ü&b=1")
    (link,) = rendered(issue).xpath(".//a")
    assert (link.text, link.get("rel")) == ("it", "sponsored")


def test_sponsor_link_is_printed_when_the_message_links_elsewhere():
    issue = make_issue()
    make_placement(issue, message="Try [it](https://s.example/a).", url="https://s.example/")
    assert rendered(issue).xpath(".//a/@href") == ["https://s.example/a", "https://s.example/"]
    assert rendered(issue).xpath(".//a/@rel") == ["sponsored", "sponsored"]


def test_booked_placement_without_copy_is_not_printed():
    issue = make_issue()
    make_placement(issue, message="", url="")
    assert render_html(load(issue)).strip() == ""


def test_quotes_in_a_sponsor_link_stay_inside_its_attribute():
    issue = make_issue()
    address = "https://s.example/?q=\"onmouseover=alert(1)//'><script>alert(1)</script>"
    make_placement(issue, message="", url=address)
    (link,) = rendered(issue).xpath(".//a")
    assert link.attrib == {"href": address, "rel": "sponsored"}
    assert not rendered(issue).xpath(".//script")


@pytest.mark.parametrize("text", [HOSTILE, "</div></small><style>*{}</style><script>alert(1)</script>{{ 1|add:1 }}"])
def test_text_is_never_markup(text):
    issue = make_issue()
    publication = make_publication(text)
    make_placement(issue, sponsor=make_sponsor(text), message=text)
    make_article(issue=issue, title=text, blurb=text, disclosure=text, authors=(make_author(text),), tags=(text,))
    make_article(issue=issue, title=text, blurb=text, byline=text, publication=publication)
    make_article(issue=issue, section="outages", title=text, blurb=text, publication=publication)
    Issue.objects.filter(pk=issue.pk).update(intro=text)
    contents = rendered(issue)
    assert not contents.xpath(".//img | .//script | .//style | .//@onerror")
    assert contents.text_content().count(text) == 14


def test_links_of_a_stored_blurb_cannot_run():
    issue = make_issue()
    for address in ("JaVaScRiPt:alert(1)", "data:text/html,x", "//x.y"):
        make_article(issue=issue, blurb=f"[a]({address}) [b](<{address}>) <{address}> [c]\n\n[c]: {address}").credit([])
    assert rendered(issue).xpath(".//div[@class='sreweekly-description']//@href") == []


def test_summary_is_the_intro():
    assert (
        summarize(load(make_issue(articles=1, intro="It’s *short* & [sweet](/x).\n\nYes.")))
        == "It’s short & sweet. Yes."
    )


def test_summary_names_the_articles_where_there_is_no_intro():
    issue = make_issue()
    make_placement(issue, message="Buy this.")
    for title in ("One", "", "Two"):
        make_article(issue=issue, title=title)
    assert summarize(load(issue)) == "One; Two"


def test_summary_is_cut_at_a_word():
    summary = summarize(make_issue(intro="word " * 100))
    assert len(summary) <= html.SUMMARY_LENGTH
    assert summary.endswith(" word…")


def test_summary_of_text_without_spaces_is_cut_somewhere():
    assert summarize(make_issue(intro="長" * 400)) == "長" * 299 + "…"


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (460, 2), (2300, 10)])
def test_reading_time_is_of_intro_titles_and_blurbs(words, minutes):
    issue = make_issue(intro="word " * (words // 2))
    make_article(issue=issue, title="", blurb="*word* " * (words // 2))
    assert reading_minutes(load(issue)) == minutes


def test_titles_are_counted_as_they_are_printed():
    issue = make_issue()
    for _ in range(2):
        make_article(issue=issue, title="# " * 230, blurb="")
    assert reading_minutes(load(issue)) == 2


def test_sponsor_message_takes_no_reading_time():
    issue = make_issue()
    make_placement(issue, message="word " * 2000)
    assert reading_minutes(load(issue)) == 1


def test_excerpt_is_plain_text_cut_at_a_word():
    assert excerpt("It’s *short*.\n\n> Yes.") == "It’s short. Yes."
    assert excerpt("word " * 100) == "word " * 38 + "word…"


CHANGES = {
    "issue's title": lambda issue: Issue.objects.update(title="SRE Weekly Issue #1: Special"),
    "issue's address": lambda issue: Issue.objects.update(slug="another"),
    "intro": lambda issue: Issue.objects.update(intro="Sorry!"),
    "title": lambda issue: issue.articles.update(title="Another"),
    "address": lambda issue: issue.articles.update(url="https://example.com/another"),
    "blurb": lambda issue: issue.articles.update(blurb="Another."),
    "byline": lambda issue: issue.articles.update(byline="Another"),
    "disclosure": lambda issue: issue.articles.update(disclosure="Another."),
    "section": lambda issue: issue.articles.update(section="outages"),
    "order": lambda issue: issue.articles.update(position=3 - F("position")),
    "author's name": lambda issue: Author.objects.update(name=Concat("name", Value("!"))),
    "author's address": lambda issue: Author.objects.update(slug=Concat("slug", Value("-x"))),
    "order of authors": lambda issue: Authorship.objects.update(position=3 - F("position")),
    "publication": lambda issue: issue.articles.update(publication=None),
    "publication's name": lambda issue: Publication.objects.update(name="Another"),
    "tag": lambda issue: issue.articles.first().tags.add("another"),
    "sponsor's name": lambda issue: Sponsor.objects.update(name="Another"),
    "sponsor's message": lambda issue: issue.placements.update(message="Another."),
    "sponsor's link": lambda issue: issue.placements.update(url="https://example.com/another"),
}


def test_every_change_of_something_printed_changes_the_digest():
    issue = make_issue(number=1)
    authors, publication = (make_author(), make_author()), make_publication()
    for _ in range(2):
        make_article(issue=issue, authors=authors, publication=publication)
    make_placement(issue)
    before = digest(load(issue))
    for name, change in CHANGES.items():
        with transaction.atomic():
            change(issue)
            assert digest(load(issue)) != before, name
            transaction.set_rollback(True)
    assert digest(load(issue)) == before


def test_new_template_is_no_correction(monkeypatch):
    make_issue(articles=1)
    note_changes(Issue.objects.all())
    monkeypatch.setattr(html, "render_html", lambda issue: "Printed otherwise.")
    assert note_changes(Issue.objects.all()) == 0


def test_change_of_an_unprinted_field_does_not_change_the_digest():
    issue = make_issue()
    before = digest(load(issue))
    Issue.objects.update(publish_at=datetime(2020, 1, 1, tzinfo=UTC), version=9)
    assert digest(load(issue)) == before


def test_draft_without_a_time_is_previewed():
    issue = make_issue(status="draft", articles=1)
    page = render_to_string("issues/issue.html", {"issue": load(issue), "preview": True})
    assert "Preview — not published" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page
    assert "permalink" not in page  # There is nothing to copy yet.
