"""The words of an issue's mail, in HTML and in text, around what issues/printing makes of the issue."""

from typing import NamedTuple

from django.conf import settings

from issues.models.issues import Issue
from issues.printing.html import summarize
from issues.printing.mail import render_mail
from issues.printing.text import RULE, render_text
from mailings.leaving import link_to
from mailings.letters import render_plain, sender
from text import newsletter

# In the place of a subscriber's token, and as long as one: so each message has the same lines.
TOKEN = "LeaveTokenPlaceholder0"  # noqa: S105
# Characters. Programs on phones show 40 to 90 of them, and Gmail on a wide screen up to 140.
PREHEADER = 140


class Words(NamedTuple):
    subject: str
    html: str
    text: str


def compose(issue: Issue, preheader: str = "") -> Words:
    """Return the words of the mail, with a placeholder for the token. Takes an issue loaded by with_contents()."""
    frame = {
        "sender": sender().addr_spec,
        "postal_address": settings.NEWSLETTER_POSTAL_ADDRESS,
        "leave_url": link_to("leave", TOKEN),
        "preheader": preheader or default_preheader(issue),
    }
    foot = render_plain("mailings/mail_foot.txt", {**frame, **newsletter.context()})
    return Words(
        subject=issue.title,
        html=render_mail(issue, "mailings/mail.html", **frame),
        text=f"{render_text(issue).rstrip()}\n\n{RULE}\n\n{foot}",
    )


def default_preheader(issue: Issue) -> str:
    """Return how the intro begins, or the leading titles."""
    text = summarize(issue)
    return text if len(text) <= PREHEADER else text[: PREHEADER - 1].rsplit(maxsplit=1)[0] + "…"
