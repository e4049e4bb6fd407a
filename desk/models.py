"""What an editor typed and has not saved."""

import uuid

from django.conf import settings
from django.db import models
from django.http import QueryDict


class UnsavedForm(models.Model):
    """One form of the desk as it stood when it was last kept. Only its user sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="unsaved_forms")
    subject = models.CharField(max_length=100, help_text="“issue 12”, or “issue new”.")
    form = models.UUIDField(default=uuid.uuid4, help_text="A new one each time a form is opened: two tabs keep two.")
    fields = models.JSONField(help_text="Lists of texts by name, as a browser posts them.")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "subject", "form"], name="unsaved_form_once")]

    def __str__(self):
        return self.subject

    @property
    def data(self) -> QueryDict:
        data = QueryDict(mutable=True)
        for name, texts in self.fields.items():
            data.setlist(name, texts)
        return data
