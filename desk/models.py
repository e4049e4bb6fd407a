"""What an editor typed and did not save."""

import uuid

from django.conf import settings
from django.db import models

# Of the names and values of one form, as JSON: three hundred of the longest blurbs and more than any issue holds.
MAX_UNSAVED_BYTES = 4 * 2**20


class UnsavedForm(models.Model):
    """One form at the desk, as it stood when it was last kept. Never printed, and shown to nobody but its user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="unsaved_forms")
    subject = models.CharField(max_length=100, help_text="“issue 12”, or “issue new”.")
    form = models.UUIDField(default=uuid.uuid4, help_text="One for each time the form was opened: two tabs keep two.")
    fields = models.JSONField(help_text="Lists of values by name, as a browser posts them.")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "subject", "form"], name="unsaved_form_once"),
        ]

    def __str__(self):
        return self.subject
