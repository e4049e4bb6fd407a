"""What was wrong in a published issue, as readers are told."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from issues.models.issues import Issue
from text.fields import MarkdownField


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def offered(self) -> "CorrectionQuerySet":
        """Those that the next issue may tell, the oldest first."""
        return self.filter(erratum=Correction.Erratum.OFFERED).select_related("issue")


class Correction(models.Model):
    """Printed below the issue that was wrong; and, where the editor wants it, as an erratum in a later one."""

    class Erratum(models.TextChoices):
        OFFERED = "offered", "offered"
        PRINTED = "printed", "printed"
        DECLINED = "declined", "declined"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="corrections")
    text = MarkdownField(
        help_text="Markdown. What was wrong, and what is right. Printed below the issue, with the day."
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
            models.CheckConstraint(
                condition=Q(erratum__in=["offered", "printed", "declined"]), name="correction_erratum_known"
            ),
            models.CheckConstraint(
                condition=Q(erratum="printed") | Q(erratum_in__isnull=True),
                name="correction_erratum_in_only_if_printed",
            ),
        ]

    def __str__(self):
        return f"Correction of {self.issue}"

    def print_in(self, issue: Issue, user: User | AnonymousUser | None = None) -> None:
        """As an erratum at the end of that issue's intro, with a link to the issue that was wrong."""
        address = settings.SITE_URL + self.issue.get_absolute_url()
        erratum = f"Correction to [#{self.issue.number}]({address}): {self.text}"
        with transaction.atomic():
            locked = Issue.objects.select_for_update().get(pk=issue.pk)
            saved = Issue.objects.filter(pk=issue.pk)
            saved.keep_revisions()
            locked.intro = "\n\n".join(filter(None, (locked.intro.rstrip(), erratum)))
            locked.save(update_fields=["intro"])
            saved.count_up_versions(user, "erratum added")
            self.erratum, self.erratum_in = self.Erratum.PRINTED, issue
            self.save(update_fields=["erratum", "erratum_in"])
