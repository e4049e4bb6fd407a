"""What an editor should look at before a mail goes out."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings

from issues.models.issues import Issue
from issues.preflight import Level
from mailings.composing import TOKEN
from mailings.dns.results import State
from mailings.letters import problem_of_sender
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.preparing import NO_POSTAL_ADDRESS, draft_of
from mailings.sending.messages import MESSAGE_ID, RECIPIENT, Recipient, message_of
from mailings.setup.page import load_kept, sender_lines

# Bytes. Gmail cuts a longer HTML part off, with the link to leave: https://github.com/hteumeuleu/email-bugs/issues/41.
LONGEST_HTML = 102_000
# Bytes. Postfix takes no longer message unless it is told to: message_size_limit in postconf(5).
LONGEST_MESSAGE = 10_240_000
# A number of recipients that differs by more from the last mailing's is a mistake, or news.
USUAL_CHANGE = 0.2
SETUP = "admin:mailings_mailing_setup"


class MailFinding(NamedTuple):
    level: Level
    text: str
    route: str = ""  # Of the page where it is mended, if that is not the mailing's.


def check_mail(issue: Issue, mailing: Mailing) -> Iterator[MailFinding]:
    """Yield what is wrong or unusual. Takes an issue loaded by with_contents(). At most four queries."""
    if problem := problem_of_sender():
        yield MailFinding(Level.STOP, problem, SETUP)
        return
    if not settings.NEWSLETTER_POSTAL_ADDRESS:
        yield MailFinding(Level.STOP, NO_POSTAL_ADDRESS, SETUP)
    if not settings.NEWSLETTER_REPLY_TO:
        yield MailFinding(Level.NOTE, "Answers of readers go to the sender: NEWSLETTER_REPLY_TO is not set.", SETUP)
    yield from _setup()
    yield from _recipients(mailing)
    yield from _size(issue, mailing)
    if mailing.tested_version != issue.version:
        told = "No test was sent yet." if mailing.tested_at is None else "The issue was changed since the last test."
        yield MailFinding(Level.WARNING, told)


def _setup() -> Iterator[MailFinding]:
    """Yield what the last check of the setup found wrong, and what got no answer. One query."""
    kept = list(load_kept().values())
    addresses = [line for line in sender_lines() if line.title not in ("Sender", "Postal address")]
    for line in [*addresses, *kept]:
        if line.result.state == State.WRONG:
            yield MailFinding(Level.WARNING, f"{line.title}: {line.result.sentence}", SETUP)
    if names := [line.title for line in kept if line.result.state == State.UNKNOWN]:
        yield MailFinding(Level.NOTE, f"Not checked yet, or no answer: {', '.join(names)}.", SETUP)


def _recipients(mailing: Mailing) -> Iterator[MailFinding]:
    now = Subscriber.objects.active().count()
    former = Mailing.objects.exclude(pk=mailing.pk).exclude(prepared_at=None).without_words().first()
    before = former.counts().prepared if former else None
    if not now:
        yield MailFinding(Level.WARNING, "Nobody is subscribed.")
    elif before and abs(now - before) > before * USUAL_CHANGE:
        yield MailFinding(Level.WARNING, f"{now} subscribers would get it; the last mailing went to {before}.")
    else:
        yield MailFinding(Level.NOTE, f"{now} subscribers would get it now.")


def _size(issue: Issue, mailing: Mailing) -> Iterator[MailFinding]:
    """Yield a warning if the mail is too long. It is measured as it is sent, encoded."""
    message = message_of(draft_of(issue, mailing.preheader), Recipient(RECIPIENT, TOKEN, MESSAGE_ID))
    whole = len(message.as_bytes())
    *_, html = message.iter_parts()
    size = len(html.as_bytes())
    if size > LONGEST_HTML:
        yield MailFinding(Level.WARNING, f"The mail has {size // 1000} kB. Gmail cuts it off after 102 kB.")
    if whole > LONGEST_MESSAGE:
        yield MailFinding(Level.WARNING, f"The message has {whole // 1_000_000} MB. Many servers take at most 10 MB.")
