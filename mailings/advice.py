"""What preflight's panel says of an issue's mail. It never stops the issue: it can come out while its mail is held."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone

from issues.models.issues import Issue
from issues.preflight import Level
from issues.preflight.advice import Advice
from mailings.checks import check_mail
from mailings.models.mailings import LATEST, Mailing


def advise(issue: Issue, user: User | AnonymousUser) -> Iterator[Advice]:
    """Yield what the editor should look at, if they may open the mailing's page. At most five queries."""
    may_see = user.has_perm("mailings.view_mailing") or user.has_perm("mailings.send_mailing")
    if not settings.NEWSLETTER_FROM or not may_see:
        return
    is_too_late = issue.is_published and issue.publish_at and issue.publish_at < timezone.now() - LATEST
    mailing = Mailing.objects.without_words().filter(issue_id=issue.pk).first() or Mailing(issue=issue)
    if is_too_late or mailing.prepared_at:
        return
    page = reverse("admin:mailings_mailing_page", args=[issue.pk])
    if mailing.status == Mailing.Status.HELD:
        yield Advice(Level.WARNING, f"The mail is held. {mailing.note}".strip(), page)
    for finding in check_mail(issue, mailing):
        text = f"The mail is held: {finding.text}" if finding.level == Level.STOP else finding.text
        is_open = finding.route == "" or user.has_perm("mailings.send_mailing")
        address = reverse(finding.route) if finding.route and is_open else page
        yield Advice(max(finding.level, Level.WARNING), text, address)
