"""An issue going out by mail."""

from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from mailings.models.deliveries import Delivery
from text.fields import BackstopConstraint, LineField


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
    def settled(self) -> int:
        return self.sent + self.refused + self.unknown


class Mailing(models.Model):
    """One issue's mail: its words as they were when it was prepared, and whom it goes to (deliveries)."""

    class Status(models.TextChoices):
        SENDING = "sending", "sending"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"

    issue = models.OneToOneField("issues.Issue", models.PROTECT, related_name="mailing")
    subject = LineField(max_length=300)
    preheader = LineField(max_length=300, blank=True, help_text="The line beside the subject in the list of mails.")
    sender = models.CharField(max_length=320, help_text="From: as it was when the mail was prepared.")
    html = models.TextField(editable=False)
    text = models.TextField(editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.SENDING)
    # Which entry of MAILERS sends it. It does not change while deliveries wait.
    stream = models.CharField(max_length=50, default="default", editable=False)
    candidates = models.PositiveIntegerField(editable=False, help_text="Deliveries when it was prepared.")
    prepared_at = models.DateTimeField(default=timezone.now, editable=False)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["-prepared_at"]
        constraints = [
            BackstopConstraint(condition=Q(status__in=["sending", "paused", "cancelled"]), name="mailing_status_known"),
            BackstopConstraint(condition=~Q(subject="") & ~Q(html="") & ~Q(text=""), name="mailing_has_words"),
        ]

    def __str__(self):
        return f"Mailing of {self.issue}"

    def counts(self) -> Counts:
        """One query, answered by an index."""
        states = Delivery.objects.filter(mailing=self).order_by().values_list("state").annotate(Count("pk"))
        return Counts(**dict(states))
