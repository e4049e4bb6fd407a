"""An issue going out by mail."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from issues.models.issues import Issue
from mailings.models.deliveries import Delivery
from mailings.models.subscribers import TOKEN_LENGTH, make_token
from text.fields import BackstopConstraint, LineField

# An issue that came out longer ago is not mailed any more.
LATEST = timedelta(hours=48)


def is_past(issue: Issue) -> bool:
    """Return whether an issue was imported, or came out too long ago to be mailed."""
    if not issue.is_published or issue.publish_at is None:
        return False
    return issue.publish_at < max(issue.created_at, timezone.now() - LATEST)


class Counts(NamedTuple):
    """How many deliveries of a mailing there are in each state."""

    waiting: int = 0
    sending: int = 0
    sent: int = 0
    refused: int = 0
    unknown: int = 0
    left_out: int = 0

    @property
    def prepared(self) -> int:
        return sum(self) - self.left_out

    @property
    def candidates(self) -> int:
        return sum(self)

    @property
    def open(self) -> int:
        """Those that are still to be sent."""
        return self.waiting + self.sending


def counts_of(mailings: "Iterable[Mailing]") -> "dict[int, Counts]":
    """Return the counts of each mailing, by primary key. One query."""
    states: dict[int, dict[str, int]] = {mailing.pk: {} for mailing in mailings}
    counted = Delivery.objects.filter(mailing__in=states).order_by().values_list("mailing", "state")
    for mailing, state, count in counted.annotate(Count("pk")):
        states[mailing][state] = count
    return {mailing: Counts(**counts) for mailing, counts in states.items()}


def protect_what_went_out(collector, field, mailings, using) -> None:
    """Delete a plan with its issue. What was prepared is the record of who got the mail: its issue stays, too."""
    if prepared := [mailing for mailing in mailings if mailing.prepared_at]:
        raise models.ProtectedError("This issue went out by mail, so it cannot be deleted.", set(prepared))
    models.CASCADE(collector, field, mailings, using)


class MailingQuerySet(models.QuerySet["Mailing"]):
    def for_issue(self, issue: Issue) -> "Mailing":
        """Return the mailing of an issue, locked. It is planned if there was none. Two queries."""
        self.bulk_create([self.model(issue=issue)], ignore_conflicts=True)
        return self.select_for_update().get(issue=issue)

    def without_words(self) -> Self:
        """Do not load the mails themselves, of tens of kB each."""
        return self.defer("html", "text")

    def running(self) -> Self:
        """Select those with deliveries that are to be sent now."""
        open_states = [Delivery.State.WAITING, Delivery.State.SENDING]
        return self.filter(status=Mailing.Status.SENDING, deliveries__state__in=open_states).distinct()


class Mailing(models.Model):
    """One issue's mail: its words as they were when it was prepared, and whom it goes to (deliveries)."""

    class Status(models.TextChoices):
        PLANNED = "planned", "planned"  # It is prepared when the issue comes out.
        HELD = "held", "held"  # The issue comes out without it.
        SENDING = "sending", "sending"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"

    issue = models.OneToOneField(Issue, protect_what_went_out, related_name="mailing")
    status = models.CharField(max_length=20, choices=Status, default=Status.PLANNED, editable=False)
    preheader = LineField(
        max_length=150,
        blank=True,
        help_text="The line that mail programs show beside the subject. Empty: how the issue begins.",
    )
    # In the marks of its deliveries (envelopes.py): a database that was restored makes others than before.
    token = models.CharField(max_length=TOKEN_LENGTH, default=make_token, editable=False)
    # Frozen when the mail is prepared. In the place of a subscriber's token stands a placeholder.
    subject = models.CharField(max_length=300, blank=True, editable=False)
    sender = models.CharField(max_length=320, blank=True, editable=False)
    html = models.TextField(blank=True, editable=False)
    text = models.TextField(blank=True, editable=False)
    # Which entry of MAILERS sends it. It does not change while deliveries wait.
    stream = models.CharField(max_length=50, blank=True, editable=False)
    # What that entry was when the mail was prepared, or when somebody went on: see streams.py.
    stream_digest = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    candidates = models.PositiveIntegerField(null=True, editable=False, help_text="Deliveries when it was prepared.")
    prepared_at = models.DateTimeField(null=True, editable=False)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, editable=False, help_text="Why it was paused or held.")
    tested_at = models.DateTimeField(null=True, editable=False)
    tested_version = models.PositiveIntegerField(null=True, editable=False, help_text="Issue.version at the last test.")
    # When the next message may begin, if their number a second is limited.
    next_slot = models.DateTimeField(null=True, editable=False)

    objects = MailingQuerySet.as_manager()

    class Meta:
        ordering = ["-prepared_at", "-pk"]
        permissions = [("send_mailing", "Can hold, send, pause and cancel mailings")]
        constraints = [
            BackstopConstraint(
                condition=Q(status__in=["planned", "held", "sending", "paused", "cancelled"]),
                name="mailing_status_known",
            ),
            BackstopConstraint(
                condition=Q(prepared_at=None, candidates=None) & ~Q(status__in=["sending", "paused", "cancelled"])
                | Q(prepared_at__isnull=False, candidates__isnull=False) & ~Q(status__in=["planned", "held"]),
                name="mailing_prepared_has_a_time",
            ),
            BackstopConstraint(
                condition=Q(prepared_at=None) | ~Q(subject="") & ~Q(sender="") & ~Q(html="") & ~Q(text=""),
                name="mailing_prepared_has_words",
            ),
        ]

    def __str__(self):
        return f"Mailing of {self.issue}"

    def counts(self) -> Counts:
        """One query, answered by an index."""
        return counts_of([self])[self.pk]

    def pause(self, note: str) -> None:
        """Stop sending, if it was being sent. What is handed over at this moment still arrives."""
        running = Mailing.objects.filter(pk=self.pk, status=self.Status.SENDING)
        running.update(status=self.Status.PAUSED, note=note)
