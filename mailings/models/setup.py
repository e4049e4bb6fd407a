"""The latest answers about the mail's setup."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from mailings.dns.results import Result, State
from text.fields import BackstopConstraint

# Nobody is asked the same more often.
PAUSE = timedelta(minutes=1)


class SetupCheckQuerySet(models.QuerySet["SetupCheck"]):
    def fresh(self) -> Self:
        """Select those that were asked less than a minute ago."""
        return self.filter(asked_at__gt=timezone.now() - PAUSE)

    def keep(self, name: str, subject: str, result: Result) -> None:
        """Keep what a check found, in place of what it found before."""
        words = {field: printable(getattr(result, field)) for field in ("sentence", "detail", "host", "value")}
        if words["value"] != result.value:  # Half a record is not to be entered.
            words["host"] = words["value"] = ""
        columns = {"subject": subject, "state": result.state, "asked_at": timezone.now(), **words}
        self.update_or_create(name=name, defaults=columns)


class SetupCheck(models.Model):
    class Name(models.TextChoices):
        SERVER = "server", "Mail server"
        SPF = "spf", "SPF"
        DKIM = "dkim", "DKIM"
        DMARC = "dmarc", "DMARC"
        MX = "mx", "Answers and bounces (MX)"

    name = models.CharField(max_length=10, choices=Name, primary_key=True)
    # What the settings were: if they differ by now, nobody knows the answer.
    subject = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=State)
    sentence = models.CharField(max_length=1000)
    detail = models.CharField(max_length=1000, blank=True)
    host = models.CharField(max_length=1000, blank=True, help_text="The name at which a TXT record is to be entered.")
    value = models.CharField(max_length=1000, blank=True, help_text="The record to be entered.")
    asked_at = models.DateTimeField()

    objects = SetupCheckQuerySet.as_manager()

    class Meta:
        constraints = [
            BackstopConstraint(
                condition=Q(name__in=["server", "spf", "dkim", "dmarc", "mx"]), name="setupcheck_name_known"
            ),
            BackstopConstraint(condition=Q(state__in=["fine", "wrong", "unknown"]), name="setupcheck_state_known"),
        ]

    def __str__(self):
        return self.get_name_display()

    @property
    def result(self) -> Result:
        return Result(State(self.state), self.sentence, self.detail, self.host, self.value)


def printable(text: str) -> str:
    """Replace characters that the database or a page cannot show: strangers write these records."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[:1000]
