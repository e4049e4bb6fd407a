"""What preflight's panel says of an issue's mail. It never stops the issue: it can come out while its mail is held."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from issues.models.issues import Issue
from issues.preflight import Level
from issues.preflight.advice import Advice
from mailings.checks import check_mail
from mailings.models.mailings import Mailing, is_past
from mailings.permissions import may_see_mailings


def advise(issue: Issue, user: User | AnonymousUser) -> Iterator[Advice]:
    """Yield what the editor should look at, if they may open the mailing's page. At most five queries."""
    if not settings.NEWSLETTER_FROM or not may_see_mailings(user):
        return
    mailing = Mailing.objects.without_words().filter(issue_id=issue.pk).first() or Mailing(issue=issue)
    if is_past(issue) or mailing.prepared_at:
        return
    page = reverse("admin:mailings_mailing_page", args=[issue.pk])
    if mailing.status == Mailing.Status.HELD:
        yield Advice(Level.WARNING, f"The mail is held. {mailing.note}".strip(), page)
    for finding in check_mail(issue, mailing):
        text = f"The mail is held: {finding.text}" if finding.level == Level.STOP else finding.text
        is_open = finding.route and user.has_perm("mailings.send_mailing")
        address = reverse(finding.route) if is_open else page
        yield Advice(max(finding.level, Level.WARNING), text, address)
