"""Issues that came from files. The files of a run, and the run itself, are rows of the app wordpress."""

from django.db import models

from issues.models.issues import Issue


class ImportedIssue(models.Model):
    """An issue of a file, and the issue made from it: None if that was deleted here later."""

    number = models.PositiveIntegerField(help_text="As in the file.")
    issue = models.OneToOneField(Issue, models.SET_NULL, null=True, related_name="imported")
    # SHA-256, in hexadecimal: of everything read from the file, and of what the import made of it.
    given_digest = models.CharField(max_length=64)
    loaded_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["number"], name="imported_issue_number_unique")]

    def __str__(self):
        return f"imported issue {self.number}"
