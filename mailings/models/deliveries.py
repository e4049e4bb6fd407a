"""A mailing to one subscriber. This is the ledger: every recipient is a row, and no row is ever deleted."""

from django.db import models
from django.db.models import Q

from text.fields import BackstopConstraint
from text.mailboxes import LONGEST


class DomainDelay(models.Model):
    """A domain whose servers asked to be sent less. Nothing is sent to it before `until`."""

    domain = models.CharField(max_length=253, primary_key=True)
    until = models.DateTimeField()
    failures = models.PositiveIntegerField(default=1, help_text="In a row. The delay doubles with each.")
    reason = models.CharField(max_length=500)

    def __str__(self):
        return self.domain


class Delivery(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        REFUSED = "refused", "refused"
        # Claimed by a worker that is gone: the server may have taken the message, or not.
        UNKNOWN = "unknown", "unknown"
        LEFT_OUT = "left_out", "left out"

    # Indexes of more columns begin with these two. Each index more makes a mailing slower. PostgreSQL does not check
    # them: rows are made by one statement that selects the subscribers (preparing.py), and the checks would take
    # twice as long as the statement. Django clears `subscriber` when one is deleted.
    mailing = models.ForeignKey(
        "mailings.Mailing", models.CASCADE, related_name="deliveries", db_index=False, db_constraint=False
    )
    # Empty when they asked to be forgotten.
    subscriber = models.ForeignKey(
        "mailings.Subscriber",
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    address = models.CharField(max_length=LONGEST, blank=True, help_text="To which it went. Empty when forgotten.")
    domain = models.CharField(max_length=253, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was refused, put off or left out.")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, help_text="When a delivery that was put off is tried again.")
    # Who has taken it to send it, and when: a number that the process holds a lock on while it lives.
    worker = models.BigIntegerField(null=True)
    claimed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When it was sent, refused or called unknown.")
    provider_id = models.CharField(max_length=200, blank=True, help_text="By which a provider's reports name it.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["mailing", "state"], name="delivery_by_state"),
            models.Index(
                fields=["mailing", "id"], condition=Q(state="waiting", worker=None), name="delivery_to_be_claimed"
            ),
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="delivery_settled_at"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "mailing"], name="delivery_once_for_each_subscriber"),
            BackstopConstraint(
                condition=Q(state__in=["waiting", "sending", "sent", "refused", "unknown", "left_out"]),
                name="delivery_state_known",
            ),
            BackstopConstraint(
                condition=~Q(state="sending") | Q(worker__isnull=False, claimed_at__isnull=False),
                name="delivery_sending_is_claimed",
            ),
            BackstopConstraint(
                condition=Q(settled_at__isnull=False) & ~Q(state__in=["waiting", "sending", "left_out"])
                | Q(settled_at=None) & ~Q(state__in=["sent", "refused", "unknown"]),
                name="delivery_settled_has_a_time",
            ),
            BackstopConstraint(
                condition=~Q(state__in=["refused", "left_out"]) | ~Q(reason=""), name="delivery_reason_is_given"
            ),
        ]

    def __str__(self):
        return f"{self.mailing_id} to {self.address}"
