"""The time at which the site began to print issues with its present code and templates."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone


class PrintingCodeQuerySet(models.QuerySet["PrintingCode"]):
    def in_use_since(self, digest: str) -> datetime:
        """Return the time at which the site began to print with this code, and store it if the code is new.

        Code that returns after other code was in use counts as new, so that the time never goes back. One query, and
        two more for new code. All processes get the same time, because the row is locked while it is changed.
        """
        now = timezone.now()
        code, _ = self.get_or_create(pk=PrintingCode.ONLY_ROW, defaults={"digest": digest, "since": now})
        if code.digest != digest:
            # HTTP dates count in seconds, and the clocks of two machines may differ.
            later = Greatest(Value(now), F("since") + timedelta(seconds=1))
            self.filter(pk=code.pk).exclude(digest=digest).update(digest=digest, since=later)
            code.refresh_from_db()
        return code.since


class PrintingCode(models.Model):
    """One row: the digest of the code and templates that print issues, and when they came into use.

    Last-Modified of feeds, texts and JSON is never older than that: see issues/site/versions.py.
    """

    ONLY_ROW = 1

    digest = models.CharField(max_length=64)
    since = models.DateTimeField()

    objects = PrintingCodeQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="printing_code_is_one_row")]

    def __str__(self):
        return f"Printed this way since {self.since}"
