from typing import Self

from django.contrib.auth.models import Group
from django.db import models


class BackupQuerySet(models.QuerySet):
    def good(self) -> Self:
        return self.filter(failure="")


class Backup(models.Model):
    """An attempt to back up the database, good or failed. A dump never holds the row about itself."""

    made_at = models.DateTimeField()
    file = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # Bytes.
    tables = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    failure = models.TextField(blank=True)  # A sentence for the operator.

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]

    def __str__(self):
        return self.failure or self.file


class GroupOfRole(models.Model):
    """The group that was made for a role of sreweekly/roles.py, and the permissions that it was given last."""

    role = models.CharField(max_length=100)
    group = models.OneToOneField(Group, models.SET_NULL, null=True, related_name="+")  # None if it was deleted.
    given = models.JSONField(default=list, help_text="Sorted, such as “issues.change_issue”.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role"], name="group_of_role_once")]

    def __str__(self):
        return self.role
