"""Sponsors, and their messages in issues."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from text.fields import IS_HTTP_OR_EMPTY, BackstopConstraint, HttpAddressField, LineField, MarkdownField


class Sponsor(models.Model):
    name = LineField(max_length=200, help_text="As printed: “A message from our sponsor, NAME:”.")
    url = HttpAddressField("website", blank=True)
    contact = models.TextField(blank=True, help_text="People, addresses, invoices. Never printed.")
    notes = models.TextField(blank=True, help_text="Never printed.")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="sponsor_name_unique"),
            BackstopConstraint(condition=IS_HTTP_OR_EMPTY, name="sponsor_url_is_http"),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        self.name = " ".join(self.name.split())
        # The constraint refuses this too, but its error belongs to no field.
        if Sponsor.objects.exclude(pk=self.pk).filter(name__iexact=self.name).exists():
            sentence = "There is a sponsor with this name already."
            raise ValidationError({"name": ValidationError(sentence, code="unique")})

    def absorb(self, other: "Sponsor") -> None:
        """Merge a sponsor that was entered twice into this one: messages, publications, contact and notes."""
        other.placements.update(sponsor=self, version=F("version") + 1)
        other.publications.update(sponsor=self, version=F("version") + 1)
        self.url = self.url or other.url
        self.contact = "\n\n".join(filter(None, dict.fromkeys([self.contact, other.contact])))
        self.notes = "\n\n".join(filter(None, dict.fromkeys([self.notes, other.notes])))
        self.version += 1  # A form of this row that is open elsewhere shows a conflict.
        other.delete()
        self.save(update_fields=["url", "contact", "notes", "version"])


class Placement(models.Model):
    """One sponsor's message in one issue."""

    class Slot(models.TextChoices):
        MAIN = "main", "main"

    class State(models.TextChoices):
        BOOKED = "booked", "booked"
        COPY_IN = "copy_in", "copy in"
        APPROVED = "approved", "approved"

    sponsor = models.ForeignKey(Sponsor, models.PROTECT, related_name="placements")
    issue = models.ForeignKey("issues.Issue", models.PROTECT, related_name="placements")
    slot = models.CharField(max_length=20, choices=Slot, default=Slot.MAIN)
    message = MarkdownField(blank=True, help_text="Markdown. The heading with the sponsor’s name is added for you.")
    url = HttpAddressField(
        "link",
        blank=True,
        help_text="Kept exactly as given. Printed on a line of its own, unless the message links to it.",
    )
    state = models.CharField(max_length=20, choices=State, default=State.BOOKED)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["issue", "slot"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "slot"],
                name="placement_slot_unique",
                violation_error_code="unique_together",
                violation_error_message="This issue already has a sponsor’s message.",
            ),
            BackstopConstraint(condition=IS_HTTP_OR_EMPTY, name="placement_url_is_http"),
            BackstopConstraint(condition=Q(slot__in=["main"]), name="placement_slot_known"),
            BackstopConstraint(condition=Q(state__in=["booked", "copy_in", "approved"]), name="placement_state_known"),
        ]

    def __str__(self):
        return f"{self.sponsor} in {self.issue}"

    def save(self, **kwargs):
        if not self._state.adding:
            self.version += 1  # A form of the message that is open elsewhere shows a conflict.
        super().save(**kwargs)
