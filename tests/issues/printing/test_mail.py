import re
from datetime import UTC, datetime

import lxml.html
import pytest

from issues.models.issues import Issue
from issues.printing.html import render_html
from issues.printing.mail import render_mail
from issues.printing.page import print_page
from tests.make import make_article, make_correction, make_issue, make_picture, make_placement, make_publication

pytestmark = pytest.mark.django_db


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


@pytest.fixture
def issue():
    """An issue with one of everything."""
    issue = make_issue(intro="Hello, *reader*.", publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    make_placement(issue)
    blurb = "> A quote.\n\n- one\n\n```\ncode\n```\n\n| a |\n|---|\n| b |\n\n### More"
    make_article(issue=issue, blurb=blurb, publication=make_publication(), tags=("slo",), disclosure="Disclosure.")
    make_article(issue=issue, section="outages", title="Slack")
    make_correction(issue)
    return issue


def tree_of(issue):
    return lxml.html.document_fromstring(render_mail(load(issue)))


def test_mail_holds_the_same_contents_as_page_and_feed(issue):
    words = tree_of(issue).body.text_content().split()
    contents = lxml.html.fromstring(f"<div>{render_html(load(issue))}</div>").text_content().split()
    assert " ".join(contents) in " ".join(words)


def test_mail_begins_with_a_link_to_the_page_and_ends_with_the_publisher(issue):
    body = tree_of(issue).body
    first, last = body[0], body[-1]
    assert first.get("class") == "email_only"
    assert (first[0].get("href"), first[0].text) == (
        f"https://sreweekly.example{issue.get_absolute_url()}",
        "View on sreweekly.example",
    )
    assert last.text_content().strip() == "A production of Tinker Tinker Tinker, LLC"


def test_programs_find_entries_and_outages_where_they_look(issue):
    """Public programs read “/html/body/ul/li” in the mail, and the classes of the page."""
    tree = tree_of(issue)
    assert tree.xpath("/html/body/ul[@class='sreweekly-outages']/li/a")[0].text == "Slack"
    assert len(tree.xpath("/html/body/div[@class='sreweekly-entry']/div[@class='sreweekly-title']/a")) == 1
    assert len(tree.xpath("/html/body/div[@class='sreweekly-sponsor-message']")) == 1


def test_style_stands_in_the_elements_and_the_dark_one_in_a_media_query(issue):
    tree = tree_of(issue)
    assert "max-width: 640px" in tree.body.get("style")
    assert all("color" in link.get("style") for link in tree.iter("a"))
    (style,) = tree.xpath("//style")
    assert "@media (prefers-color-scheme: dark)" in style.text
    assert "max-width" not in style.text


def test_mail_declares_both_colour_schemes(issue):
    metas = {meta.get("name"): meta.get("content") for meta in tree_of(issue).iter("meta")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"


def test_mail_loads_nothing(issue):
    mail = render_mail(load(issue))
    tree = lxml.html.document_fromstring(mail)
    assert not tree.xpath("//img|//link|//script|//iframe|//@src|//@background")
    assert not re.search(r"url\(|@import|@font-face", mail)


def test_mail_has_the_configured_colours(issue, settings):
    settings.NEWSLETTER_ACCENT, settings.NEWSLETTER_ACCENT_DARK = "#7a1f3d", "#f0a0b8"
    mail = render_mail(load(issue))
    assert "#7a1f3d" in mail
    assert "#f0a0b8" in mail
    assert "#0b5d8c" not in mail


def test_draft_without_a_time_has_a_mail_and_markup_in_text_stays_text():
    issue = make_issue(status="draft", intro="<b> & “x”")
    make_article(issue=issue, title="<script>alert(1)</script> & co")
    tree = tree_of(issue)
    assert not tree.xpath("//script")
    assert tree.xpath("//div[@class='sreweekly-title']/a")[0].text == "<script>alert(1)</script> & co"


def test_issue_of_forty_articles_is_too_small_to_be_cut_by_mail_programs():
    issue = make_issue()
    for _ in range(40):
        make_article(issue=issue, blurb="A blurb of the usual length, which is about 150 characters. " * 3)
    assert len(render_mail(load(issue)).encode()) < 80_000


def test_mail_and_feed_have_the_file_that_every_program_shows_and_the_page_offers_webp():
    picture = make_picture(alternative="A graph")
    issue = load(make_issue(intro=picture.markdown))
    for html in (render_mail(issue), render_html(issue)):
        [image] = lxml.html.document_fromstring(html).xpath("//img")
        assert image.get("src") == f"https://sreweekly.example/pictures/{picture.name}"
        assert (image.get("alt"), image.get("width")) == ("A graph", str(picture.width))
        assert "webp" not in html
    assert lxml.html.fromstring(render_mail(issue)).xpath("//img/@style")
    assert f'<source srcset="https://sreweekly.example/pictures/{picture.name.webp}"' in print_page(issue).html
