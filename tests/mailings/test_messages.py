"""The message: headers by RFC 5322, 2369, 2919 and 8058, and placeholders replaced in its bytes."""

import email
import email.policy
import re
from contextlib import closing

import lxml.html
import pytest

from issues.models.issues import Issue
from mailings.composing import PREHEADER, TOKEN, compose
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from mailings.sending.messages import Recipient, Template
from mailings.sending.servers import server_of
from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db
ADA = Recipient("ada@xn--bcher-kva.example", "T" * 22, "m.7")
RIGHT_TO_LEFT = "مرحبا بالعالم — שלום"


def mailing(**fields) -> Mailing:
    issue = make_issue(articles=1, **fields)
    make_article(issue=issue, title=RIGHT_TO_LEFT, blurb="x" * 3000 + " 漢字 " + "é" * 500)
    return prepare(Issue.objects.get(pk=issue.pk))


def parsed(content):
    """Read a message as a server does, which takes the second of two dots away."""
    return email.message_from_bytes(content.replace(b"\r\n..", b"\r\n."), policy=email.policy.default)


def test_headers_are_there_once():
    message = parsed(Template(mailing(title=f"Issue #1: {RIGHT_TO_LEFT}")).bytes_for(ADA))
    leave = f"https://sreweekly.example/subscription/{ADA.token}/leave/"
    assert {name: message.get_all(name) for name in set(message.keys()) - {"Content-Type", "Date"}} == {
        "From": ["SRE Wöchentlich <newsletter@sreweekly.example>"],
        "To": [ADA.address],
        "Subject": [f"Issue #1: {RIGHT_TO_LEFT}"],
        "Message-ID": [f"<{ADA.message_id}@sreweekly.example>"],
        "List-Id": ['"SRE Weekly" <newsletter.sreweekly.example>'],
        "List-Unsubscribe": [f"<{leave}>"],
        "List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"],
        "MIME-Version": ["1.0"],
    }
    assert message["Date"].datetime.tzinfo is not None


def test_every_line_is_short_and_ascii():
    content = Template(mailing()).bytes_for(ADA)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)


@pytest.mark.parametrize("length", range(0, 44, 3))
def test_token_is_found_wherever_a_line_is_broken(settings, length):
    """The longer the address before it, the further left in the token stands the soft line break."""
    settings.SITE_URL = f"https://{'a' * length}.sreweekly.example"
    template = Template(mailing())
    message = parsed(template.bytes_for(ADA))
    leave = f"{settings.SITE_URL}/subscription/{ADA.token}/leave/"
    assert [part.get_content().count(leave) for part in message.iter_parts()] == [1, 1]
    assert message["List-Unsubscribe"] == f"<{leave}>"
    other = template.bytes_for(Recipient("b@example.com", "u" * 22, "m.8"))
    assert b"T" * 22 not in other
    assert b"Placeholder" not in other.replace(b"=\r\n", b"")


def test_issue_may_be_about_the_placeholders():
    text = f"`{TOKEN}` `message.placeholder` `recipient@placeholder.invalid`"
    message = parsed(Template(mailing(intro=text)).bytes_for(ADA))
    for part in message.iter_parts():
        assert "message.placeholder" in part.get_content()
        assert "recipient@placeholder.invalid" in part.get_content()
        assert TOKEN not in part.get_content()


def test_reply_to_is_there_if_it_is_set(settings):
    settings.NEWSLETTER_REPLY_TO = "editor@sreweekly.example"
    assert parsed(Template(mailing()).bytes_for(ADA))["Reply-To"] == "editor@sreweekly.example"


def test_frame_says_why_one_gets_it_and_from_whom():
    sent = mailing()
    page = lxml.html.document_fromstring(sent.html)
    foot = page.xpath("string(//div[@class='publisher'])")
    for words in ("you subscribed", "newsletter@sreweekly.example", "1 Example Street"):
        assert words in " ".join(foot.split())
        assert words in " ".join(sent.text.split())
    (first, *_) = page.body
    assert "display: none" in first.get("style")


@pytest.mark.parametrize(("intro", "words"), [("Hello, *you*.", "Hello, you."), ("", "Article")])
def test_preheader_is_how_the_issue_begins(intro, words):
    issue = make_issue(articles=3, intro=intro)
    composed = compose(Issue.objects.with_contents().get(pk=issue.pk))
    preheader = lxml.html.document_fromstring(composed.html).body[0].text_content()
    assert preheader.startswith(words)
    assert len(preheader) <= PREHEADER


def test_own_preheader_takes_its_place():
    issue = make_issue(articles=1)
    html = compose(Issue.objects.with_contents().get(pk=issue.pk), "Two <good> reads").html
    assert lxml.html.document_fromstring(html).body[0].text_content() == "Two <good> reads"


def test_text_has_72_columns():
    for line in mailing().text.splitlines():
        assert len(line) <= 72 or "://" in line or "x" * 80 in line or "é" in line, line


def test_dot_at_the_beginning_of_a_line_arrives(sink):
    sent = mailing()
    sent.text = ".one\n..two\n" + sent.text
    with closing(server_of(sent)) as server:
        server.send(ADA, attempts=0)
    part, _ = sink.parsed().iter_parts()
    assert part.get_content().splitlines()[:2] == [".one", "..two"]
