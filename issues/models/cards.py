"""What was drawn once and is kept, so that any number of web processes have it."""

from django.db import models

from issues.models.issues import Issue


class IssueCard(models.Model):
    """The picture that stands for an issue where it is shared. issues/cards.py draws it again where it is missing."""

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="card")
    digest = models.CharField(max_length=64)
    png = models.BinaryField()

    def __str__(self):
        return f"Card of {self.issue}"
