import re
from collections import Counter
from datetime import UTC, datetime

import lxml.html
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from issues.models.issues import Issue
from issues.printing.html import render_html
from issues.printing.text import render_text
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_placement, make_publication, make_sponsor

pytestmark = pytest.mark.django_db

SAMPLE = """\
SRE Weekly Issue #437
=====================
August 11, 2024
https://sreweekly.example/sre-weekly-issue-437/

This week’s issue is *entirely* focused on one incident.

------------------------------------------------------------------------

A message from our sponsor, FireHydrant:

Our product keeps *systems* up.

https://firehydrant.example/?a=1&utm_source=x

------------------------------------------------------------------------

An argument count mismatch
https://example.com/?a=1&b=2

First paragraph.

> A quote.

* one
* two

1. a

Last paragraph, with a link [1].

— Lorin Hochstein and Betsy Beyer — ACM Queue
Full disclosure: ACM is my employer.
Tags: on-call, slo

[1] https://sreweekly.example/archive/

------------------------------------------------------------------------

Stop, please
http://example.com/2

— Tina Huang (CTO, Transposit) — Forbes

------------------------------------------------------------------------

Outages
=======

* Slack
  https://example.com/3

* GitHub
  https://example.com/4

  Also this one [2].

[2] https://example.com/5

------------------------------------------------------------------------

Correction, August 13, 2024:

The *first* name was wrong.

------------------------------------------------------------------------

Updated: August 12, 2024 - 12:09 am
A production of Tinker Tinker Tinker, LLC
"""

BLOCKS = [
    "# Heading",
    "> quote\n> and more",
    "> - a\n>\n>   > deep",
    "- a\n- b\n  - c\n\n    d",
    "3. three\n4. four",
    "---",
    "```\ncode   here\n\tand tab\n```",
    "    indented",
    "| a | b |\n|---|---|\n| *c* | [d](/e) |",
    "a  \nb",
    "- \n- x",
    "[link](https://example.com/a%20b)",
    "<https://example.com/ü>",
    "https://example.com/%20x.",
    "<mailto:a@b.example>",
    "*em **strong*** and ~~gone~~ `co  de`",
    "un*frigging*real",
    "[]()",
    "[*a*](/b 'title')",
    "\\* &amp; &copy; &nbsp;x",
    "日本語の文章はここで折り返される。" * 5,
    "שלום עולם, זה טקסט ארוך. " * 8,
    "word " * 60,
    "x" * 200,
    '--- ... (c) "q"',
]
MARKDOWN = st.lists(
    st.sampled_from(BLOCKS) | st.text("abc 12*_`~[]()>#-+.|\n\t\\!<&:/é日\u00a0\u2028", max_size=60), max_size=5
)


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


def words_of_html(issue):
    return lxml.html.fragment_fromstring(render_html(issue), create_parent="section").text_content()


def squeezed(text):
    return "".join(text.split())


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(character in rest for character in part)


def test_sample_as_it_is_printed():
    issue = make_sample()
    Issue.objects.filter(pk=issue.pk).update(updated_at=datetime(2024, 8, 12, 4, 9, tzinfo=UTC))
    assert render_text(load(issue)) == SAMPLE


def test_every_word_of_the_sample_is_in_the_text():
    issue = load(make_sample())
    assert is_subsequence(squeezed(words_of_html(issue)), squeezed(render_text(issue)))


@given(parts=MARKDOWN, between=st.sampled_from(["\n\n", "\n", " "]))
@limits(max_examples=25)
def test_every_word_of_the_html_is_in_the_text(rich_issue, parts, between):
    markdown = between.join(parts)
    rich_issue.intro = rich_issue.placements.all()[0].message = markdown
    for article in rich_issue.articles.all():
        article.blurb = markdown
    html, text = words_of_html(rich_issue), render_text(rich_issue)
    assert is_subsequence(squeezed(html), squeezed(text))
    # Words that letters of other words cannot stand in for.
    html, text = (re.sub(r"[*~`_]", "", form) for form in (html, text))
    assert Counter(re.findall("[a-z0-9]+", html)) <= Counter(re.findall("[a-z0-9]+", text.replace("\n", " ")))


@pytest.fixture
def rich_issue():
    issue = make_issue(number=1, articles=1, outages=1)
    make_placement(issue)
    return load(issue)


def test_issue_without_contents_has_its_name_and_address():
    issue = make_issue(number=1, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    heading, rule, date, address = render_text(load(issue)).split("\n")[:4]
    assert (heading, set(rule), date) == ("SRE Weekly Issue #1", {"="}, "August 11, 2024")
    assert address == "https://sreweekly.example/sre-weekly-issue-1/"


def test_draft_without_a_time_has_no_date():
    assert render_text(load(make_issue(number=1, status="draft"))).split("\n")[2].startswith("https://")


def test_empty_article_of_issue_144_is_printed():
    issue = make_issue(number=1)
    make_article(issue=issue, title="", url="", blurb="").credit([])
    make_article(issue=issue, section="outages", title="", url="", blurb="").credit([])
    assert "\n*\n" in render_text(load(issue))


def test_lines_end_where_mail_does():
    issue = make_issue(number=1, intro="word " * 100)
    make_placement(issue, sponsor=make_sponsor("Sponsor " * 20), message="- " + "word " * 50)
    make_article(
        issue=issue,
        title="Title " * 40,
        blurb="> " + "word " * 50 + "\n\n1. " + "word " * 50,
        authors=tuple(make_author(f"Author Number{n}") for n in range(9)),
        publication=make_publication(),
        disclosure="word " * 30,
        tags=tuple(f"tag{n}" for n in range(30)),
    )
    make_article(issue=issue, section="outages", title="Title " * 40, blurb="- " + "word " * 50, byline="word " * 50)
    assert max(map(len, render_text(load(issue)).splitlines())) == 72


def test_links_are_numbered_through_the_issue_and_listed_where_they_are():
    issue = make_issue(number=1, intro="[a](https://a.example/) [again](https://a.example/)")
    make_article(issue=issue, blurb="[b](https://b.example/) [a](https://a.example/)").credit([])
    text = render_text(load(issue))
    assert "a [1] again [1]\n\n[1] https://a.example/\n\n---" in text
    assert "b [2] a [3]\n\n[2] https://b.example/\n[3] https://a.example/\n\n---" in text


def test_sponsor_link_is_not_repeated_when_the_message_has_it():
    issue = make_issue(number=1)
    make_placement(issue, message="Try [it](https://s.example/?a=1).", url="https://s.example/?a=1")
    assert render_text(load(issue)).count("https://s.example/?a=1") == 1


def test_booked_placement_without_copy_is_not_printed():
    issue = make_issue(number=1)
    make_placement(issue, message="", url="")
    assert "sponsor" not in render_text(load(issue))


def test_control_characters_are_not_printed():
    issue = make_issue(number=1, articles=1, intro="a\x1b[31mb\x9b\x07c\u202ed")
    Issue.objects.filter(pk=issue.pk).update(title="#1 \x1b]0;x\x07")
    text = render_text(load(issue))
    assert "a[31mbc\u202ed" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
