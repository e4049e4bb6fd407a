"""Pictures that are drawn once and stored, so that any number of web processes share them."""

from django.db import models

from issues.models.issues import Issue


class IssueCard(models.Model):
    """The picture that other sites show for an issue. issues/site/cards.py draws it again if it is missing."""

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="card")
    digest = models.CharField(max_length=64)
    png = models.BinaryField()

    def __str__(self):
        return f"Card of {self.issue}"
