"""Decisions on doubtful credits. issues/doubts.py finds the doubts."""

from collections.abc import Iterable
from typing import Self

from django.db import models

from text.fields import LineField

# Room for the longest byline, or for two names.
MAX_LENGTH = 520


class SettledCreditQuerySet(models.QuerySet["SettledCredit"]):
    def settle(self, subjects: Iterable[str]) -> None:
        """Keep these decisions. One query."""
        self.bulk_create([self.model(subject=subject) for subject in dict.fromkeys(subjects)], ignore_conflicts=True)

    def on(self, subjects: Iterable[str]) -> Self:
        """Decisions on these subjects."""
        return self.filter(subject__in=list(subjects))


class SettledCredit(models.Model):
    """A doubtful credit that an editor has found right, so it is not asked for again. See subject_of()."""

    subject = LineField(max_length=MAX_LENGTH)

    objects = SettledCreditQuerySet.as_manager()

    class Meta:
        ordering = ["subject"]
        constraints = [models.UniqueConstraint(fields=["subject"], name="settled_credit_once")]

    def __str__(self):
        return self.subject


def subject_of(kind: str, *names: str) -> str:
    """Return what a decision is on: “author: Visa”, “authors: Jaime Woo | Jamie Woo”.

    It holds names and no keys, so it outlives another import, and the merging of one of two rows.
    """
    return f"{kind}: {' | '.join(sorted(names))}"[:MAX_LENGTH]
