"""What was imported from WordPress, as it was exported."""

from django.db import models
from django.db.models import Q

from issues.models.contents import Issue, Page


class WordPressPost(models.Model):
    """One post, and what was made of it: an issue, a page, or nothing where that was deleted here since."""

    post_id = models.PositiveBigIntegerField()
    issue = models.OneToOneField(Issue, models.SET_NULL, null=True, blank=True, related_name="wordpress_post")
    page = models.OneToOneField(Page, models.SET_NULL, null=True, blank=True, related_name="wordpress_post")
    permalink = models.TextField(blank=True)
    guid = models.TextField(blank=True)
    html = models.TextField(blank=True, help_text="As exported: before WordPress paragraphs it on display.")
    modified_at = models.DateTimeField(null=True)
    mailed_as = models.CharField(max_length=200, blank=True, help_text="SendGrid’s single send, where it was mailed.")
    # SHA-256, in hexadecimal: of all that was read of the post, and of what the import made of it.
    export_digest = models.CharField(max_length=64)
    loaded_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["post_id"]
        verbose_name = "WordPress post"
        constraints = [
            models.UniqueConstraint(fields=["post_id"], name="wordpress_post_id_unique"),
            models.CheckConstraint(
                condition=Q(issue__isnull=True) | Q(page__isnull=True), name="wordpress_post_issue_or_page"
            ),
        ]

    def __str__(self):
        return f"WordPress post {self.post_id}"
