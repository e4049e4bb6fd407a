"""Prepare the mail of an issue that has come out: its words are frozen, and each recipient becomes a row."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from issues.models.issues import Issue, IssueQuerySet
from mailings.composing import compose
from mailings.letters import problem_of_sender, sender
from mailings.models.mailings import LATEST, Mailing
from mailings.recipients import why_not
from mailings.streams import STREAM, digest_of

NO_POSTAL_ADDRESS = "No postal address is set (NEWSLETTER_POSTAL_ADDRESS). The law wants it in each mail."
# A mail that is prepared later than this after publication waits for a person.
LATE = timedelta(hours=3)
# Whoever confirmed is a candidate, unless they had gone before the last mailing was prepared. Each candidate has a row:
# prepared or left out, with the reason.
_PREPARE = f"""
    INSERT INTO mailings_delivery
        (mailing_id, subscriber_id, address, domain, state, reason, attempts, provider_id)
    SELECT %(mailing)s, id, address, domain,
        CASE reason WHEN '' THEN 'waiting' ELSE 'left_out' END, reason, 0, ''
    FROM (
        SELECT subscriber.id, address, domain, {why_not("%(now)s", "left")} AS reason
        FROM mailings_subscriber AS subscriber
        WHERE confirmed_at IS NOT NULL
            AND coalesce(least(complained_at, left_at, bounced_at), %(now)s) >= coalesce(
                (SELECT max(prepared_at) FROM mailings_mailing WHERE id <> %(mailing)s), %(now)s - interval '7 days'
            )
    ) AS candidates
    ORDER BY id
"""  # noqa: S608


def to_prepare() -> IssueQuerySet:
    """Select issues that have come out, and whose mail is not prepared yet. One query.

    Not those that were imported (they were made here after they had come out), and none that is held.
    """
    recent = Issue.objects.published().filter(publish_at__gte=timezone.now() - LATEST)
    if not settings.NEWSLETTER_FROM:
        return Issue.objects.none()
    planned = recent.filter(mailing__status=Mailing.Status.PLANNED) | recent.filter(mailing=None)
    return planned.exclude(publish_at__lt=F("created_at"))


def prepare(issue: Issue, user: User | None = None) -> Mailing:
    """Freeze the words of the mail, make the deliveries, and return the mailing. It is sent from now on.

    Raises ValidationError if the issue must not be mailed: code not_published, too_late, imported, mailed, no_sender
    or no_postal_address. Without a user, a mail that a person has to look at is held instead.
    """
    with transaction.atomic():
        mailing = Mailing.objects.for_issue(issue)
        _check(issue, mailing)
        assert issue.publish_at is not None
        if user is None and mailing.status == Mailing.Status.HELD:
            return mailing
        if user is None and (obstacle := _obstacle(issue)):
            mailing.status, mailing.note = Mailing.Status.HELD, obstacle
            mailing.save(update_fields=["status", "note"])
            return mailing
        if not settings.NEWSLETTER_POSTAL_ADDRESS:
            raise ValidationError(NO_POSTAL_ADDRESS, code="no_postal_address")
        make_deliveries(mailing, user)
    return mailing


def make_deliveries(mailing: Mailing, user: User | None = None) -> None:
    """Freeze the words of this mailing, and make a row for each recipient. Call prepare(), which checks it before."""
    _freeze(mailing, Issue.objects.with_contents().get(pk=mailing.issue_id))
    mailing.prepared_by = user
    with connection.cursor() as cursor:
        cursor.execute(_PREPARE, {"mailing": mailing.pk, "now": mailing.prepared_at})
        mailing.candidates = cursor.rowcount
    mailing.status, mailing.note = Mailing.Status.SENDING, ""
    mailing.save()


def draft_of(issue: Issue, preheader: str) -> Mailing:
    """Return the mailing as it would be now, marked as a test. It is not saved. Takes an issue with_contents()."""
    mailing = Mailing(issue=issue, preheader=preheader)
    _freeze(mailing, issue)
    mailing.subject = f"[Test] {mailing.subject}"
    return mailing


def _freeze(mailing: Mailing, issue: Issue) -> None:
    mailing.subject, mailing.html, mailing.text = compose(issue, mailing.preheader)
    mailing.sender, mailing.stream, mailing.prepared_at = str(sender()), STREAM, timezone.now()
    mailing.stream_digest = digest_of(STREAM)


def _obstacle(issue: Issue) -> str:
    """Return why the mail does not go out by itself, or nothing."""
    assert issue.publish_at is not None
    if timezone.now() - issue.publish_at > LATE:
        return "It was prepared late: send it by hand, if at all."
    return "" if settings.NEWSLETTER_POSTAL_ADDRESS else NO_POSTAL_ADDRESS


def _check(issue: Issue, mailing: Mailing) -> None:
    if problem := problem_of_sender():
        raise ValidationError(problem, code="no_sender")
    if mailing.prepared_at is not None:
        raise ValidationError("This issue was mailed already.", code="mailed")
    if not issue.is_published or issue.publish_at is None:
        raise ValidationError("Only what is published is mailed.", code="not_published")
    if issue.publish_at < issue.created_at:
        raise ValidationError("An issue that was imported is not mailed.", code="imported")
    if issue.publish_at < timezone.now() - LATEST:
        raise ValidationError("This issue came out more than 48 hours ago: it is not mailed.", code="too_late")
