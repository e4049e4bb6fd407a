"""Corrections: what was wrong in a published issue."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from issues.models.issues import Issue
from pictures.models import validate_pictures
from text.fields import BackstopConstraint, MarkdownField


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def offered(self) -> "CorrectionQuerySet":
        """Corrections that the editor may print in the next issue, oldest first."""
        return self.filter(erratum=Correction.Erratum.OFFERED).select_related("issue")


class Correction(models.Model):
    """A correction is printed below the issue that was wrong. A later issue may print it as an erratum, too."""

    class Erratum(models.TextChoices):
        OFFERED = "offered", "offered"
        PRINTED = "printed", "printed"
        DECLINED = "declined", "declined"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="corrections")
    text = MarkdownField(
        help_text="Markdown. What was wrong, and what is right. Printed below the issue with the date."
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    erratum = models.CharField(max_length=8, choices=Erratum, default=Erratum.OFFERED, editable=False)
    erratum_in = models.ForeignKey(Issue, models.SET_NULL, null=True, editable=False, related_name="errata")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="correction_text_not_empty"),
            BackstopConstraint(
                condition=Q(erratum__in=["offered", "printed", "declined"]), name="correction_erratum_known"
            ),
            models.CheckConstraint(
                condition=Q(erratum="printed") | Q(erratum_in__isnull=True),
                name="correction_erratum_in_only_if_printed",
            ),
        ]

    def __str__(self):
        return f"Correction of {self.issue}"

    def clean(self):
        validate_pictures(self.text)

    def print_in(self, issue: Issue) -> None:
        """Append the correction to the intro of another issue, with a link to the issue that was wrong."""
        address = settings.SITE_URL + self.issue.get_absolute_url()
        erratum = f"Correction to [#{self.issue.number}]({address}): {self.text}"
        issue.intro = "\n\n".join(filter(None, (issue.intro.rstrip(), erratum)))
        issue.save(update_fields=["intro"])
        self.erratum, self.erratum_in = self.Erratum.PRINTED, issue
        self.save(update_fields=["erratum", "erratum_in"])
