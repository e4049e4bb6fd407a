"""Addresses that are never to be mailed, whoever enters or imports them."""

import hashlib
from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils import timezone

from text.fields import BackstopConstraint
from text.mailboxes import LONGEST


def digest_of(key: str) -> str:
    """Return what is kept of an address that is to be forgotten. `key` is Mailbox.key.

    It has no secret in it, because it must be found after every change of SECRET_KEY.
    """
    return hashlib.sha256(f"newsletter suppression {key}".encode()).hexdigest()


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def of(self, keys: Iterable[str]) -> dict[str, "Suppression"]:
        """Return the suppressions of these mailboxes, by key. One query."""
        digests = {digest_of(key): key for key in keys}
        return {digests[found.digest]: found for found in self.filter(digest__in=digests)}

    def suppress(self, key: str, reason: str, address: str = "") -> None:
        """Add one. The first reason stays. One query."""
        row = self.model(digest=digest_of(key), reason=reason, address=address)
        self.bulk_create([row], ignore_conflicts=True)


class Suppression(models.Model):
    class Reason(models.TextChoices):
        FORGOTTEN = "forgotten", "asked to be forgotten"
        COMPLAINED = "complained", "complained"
        BOUNCED = "bounced", "bounced elsewhere"
        LEFT = "left", "left elsewhere"
        BY_HAND = "by_hand", "entered at the desk"

    digest = models.CharField(max_length=64, editable=False)
    address = models.CharField(
        max_length=LONGEST, blank=True, help_text="Empty for somebody who asked to be forgotten: only a hash is kept."
    )
    reason = models.CharField(max_length=20, choices=Reason, default=Reason.BY_HAND)
    created_at = models.DateTimeField("added", default=timezone.now, editable=False)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="suppression_digest_unique"),
            BackstopConstraint(
                condition=Q(reason__in=["forgotten", "complained", "bounced", "left", "by_hand"]),
                name="suppression_reason_known",
            ),
            BackstopConstraint(
                condition=~Q(reason="forgotten") | Q(address=""), name="suppression_forgotten_has_no_address"
            ),
        ]

    def __str__(self):
        return self.address or f"{self.digest[:12]}…"
