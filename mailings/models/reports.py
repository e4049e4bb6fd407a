"""Reports about deliveries: what came back, who complained, who left by mail."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from text.fields import BackstopConstraint


class Report(models.Model):
    """One report. There is no address in it, so that it may stay when its reader is forgotten."""

    class Kind(models.TextChoices):
        BOUNCED = "bounced", "bounced"  # Hard: the mailbox is gone.
        PUT_OFF = "put_off", "bounced for now"  # Soft: the next mailing may get through.
        COMPLAINED = "complained", "complained"
        LEFT = "left", "left"

    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=200, help_text="A provider's name of the event, or a digest of the mail.")
    # Both are empty if nobody knows which message it is about.
    delivery = models.ForeignKey("mailings.Delivery", models.SET_NULL, null=True, related_name="reports")
    subscriber = models.ForeignKey("mailings.Subscriber", models.SET_NULL, null=True, related_name="reports")
    is_proven = models.BooleanField(default=False, help_text="Otherwise it is kept, and nothing follows from it.")
    domain = models.CharField(max_length=253, blank=True)
    status = models.CharField(max_length=11, blank=True, help_text="Such as 5.1.1: RFC 3463.")
    reason = models.CharField(max_length=500, blank=True, help_text="What the server said, without addresses.")
    source = models.CharField(max_length=40, help_text="“mailbox”, or the name of the provider.")
    reported_at = models.DateTimeField(help_text="When it happened, as the report says.")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-reported_at", "-pk"]
        indexes = [models.Index(fields=["reported_at"], name="report_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="report_key_unique"),
            BackstopConstraint(
                condition=Q(kind__in=["bounced", "put_off", "complained", "left"]), name="report_kind_known"
            ),
            BackstopConstraint(condition=~Q(reason__contains="@"), name="report_has_no_address"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: report {self.pk}"
