"""What is to be looked at before a mail goes out."""

from collections.abc import Iterator

from django.conf import settings

from issues.models.issues import Issue
from issues.preflight import Level
from mailings.composing import compose
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.preparing import NO_POSTAL_ADDRESS

# Bytes. Gmail cuts a longer HTML part off, with the link to leave: https://github.com/hteumeuleu/email-bugs/issues/41.
LONGEST_HTML = 102_000
# A number of recipients that differs by more from the last mailing's is a mistake, or news.
USUAL_CHANGE = 0.2


def check_mail(issue: Issue, mailing: Mailing) -> Iterator[tuple[Level, str]]:
    """Yield what is wrong or unusual. Takes an issue loaded by with_contents(). At most three queries."""
    if not settings.NEWSLETTER_FROM:
        yield Level.STOP, "No sender is set (NEWSLETTER_FROM): nothing is mailed."
        return
    if not settings.NEWSLETTER_POSTAL_ADDRESS:
        yield Level.STOP, NO_POSTAL_ADDRESS
    if not settings.NEWSLETTER_REPLY_TO:
        yield Level.NOTE, "Answers of readers go to the sender: NEWSLETTER_REPLY_TO is not set."
    yield from _recipients(mailing)
    size = len(compose(issue, mailing.preheader).html.encode())
    if size > LONGEST_HTML:
        yield Level.WARNING, f"The mail has {size // 1000} kB. Gmail cuts it off after 102 kB."
    if mailing.tested_version != issue.version:
        told = "No test was sent yet." if mailing.tested_at is None else "The issue was changed since the last test."
        yield Level.WARNING, told


def _recipients(mailing: Mailing) -> Iterator[tuple[Level, str]]:
    now = Subscriber.objects.active().count()
    former = Mailing.objects.exclude(pk=mailing.pk).exclude(prepared_at=None).first()
    before = former.counts().prepared if former else None
    if not now:
        yield Level.WARNING, "Nobody is subscribed."
    elif before and abs(now - before) > before * USUAL_CHANGE:
        yield Level.WARNING, f"{now} subscribers would get it; the last mailing went to {before}."
    else:
        yield Level.NOTE, f"{now} subscribers would get it now."
