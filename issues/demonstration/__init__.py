"""A newsletter for demonstration: thirteen issues of invented articles, in the TOML files beside this one.

issue-01.toml describes the format. Only example domains are used (RFC 2606).
"""

import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from issues.changes import changing
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.schedule import next_publication_time
from sponsors.models import Placement, Sponsor

DIRECTORY = Path(__file__).parent
_FILLED = (Issue, Article, Author, Publication, Page, Sponsor)


class NotEmptyError(Exception):
    """The database already holds a newsletter."""


@transaction.atomic
def load_demonstration() -> dict[str, int]:
    """Fill an empty database, and return the number of rows by the plural name of their model.

    The latest issue is at most a week old. Raises NotEmptyError if there are rows, and changes nothing.
    """
    for model in _FILLED:
        if count := model.objects.count():
            name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
            raise NotEmptyError(
                f"This database already holds {count} {name}. Nothing was changed: "
                "the demonstration is only loaded into an empty database."
            )
    now = timezone.now()
    _load_credits(_read("credits.toml"))
    for entry in _read("pages.toml")["pages"]:
        _save(Page(**entry))
    with changing(cause="demonstration") as change:
        issues = [_load_issue(_read(path.name), now) for path in sorted(DIRECTORY.glob("issue-*.toml"))]
        for issue, _ in issues:
            change.add(issue)
    for entry in _read("backlog.toml")["articles"]:
        _load_backlog_article(entry)
    for issue, changed_at in issues:
        # Readers see them as changed when they were published.
        Issue.objects.filter(pk=issue.pk).update(updated_at=changed_at)
    return {str(model._meta.verbose_name_plural): model.objects.count() for model in _FILLED}


def last_publication_time(now: datetime, weeks_before: int = 0) -> datetime:
    """Return the last usual publication time before `now`, or the one that many weeks earlier."""
    # Python keeps the clock time of TIME_ZONE, so a week with a change of clocks has not 168 hours.
    return next_publication_time(now) - timedelta(weeks=weeks_before + 1)


def _read(name: str) -> dict[str, Any]:
    """Return the contents of a file, with texts stripped and links to issues filled in."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items()}
        if isinstance(value, list):
            return [strip(item) for item in value]
        return _address_issues(value.strip()) if isinstance(value, str) else value

    return strip(tomllib.loads((DIRECTORY / name).read_text(encoding="utf-8")))


def _address_issues(text: str) -> str:
    return re.sub(r"\{issue (\d+)\}", lambda match: f"/{settings.ISSUE_SLUG.format(number=match[1])}/", text)


def _validate(row):
    # The database checks constraints itself. Checking them here too takes a second.
    row.full_clean(validate_constraints=False)
    return row


def _save(row):
    _validate(row).save()
    return row


def _load_credits(entries: dict[str, Any]) -> None:
    for entry in entries["sponsors"]:
        _save(Sponsor(**entry))
    for entry in entries["publications"]:
        sponsor = Sponsor.objects.get(name=entry.pop("sponsor")) if "sponsor" in entry else None
        _save(Publication(sponsor=sponsor, **entry))
    for entry in entries["authors"]:
        _save(Author(**entry))


def _load_issue(entry: dict[str, Any], now: datetime) -> tuple[Issue, datetime]:
    """Return the saved issue and its updated_at."""
    issue = _save(Issue(number=entry["number"], intro=entry.get("intro", "")))
    if placement := entry.get("placement"):
        sponsor = Sponsor.objects.get(name=placement.pop("sponsor"))
        _save(Placement(**{"issue": issue, "sponsor": sponsor, "state": Placement.State.APPROVED, **placement}))
    for section in Article.Section.values:
        for item in entry.get(section, []):
            article, credits = _make_article(item)
            article.place(issue, section)
            _credit(article, **credits)
    if "week" not in entry:
        issue.publish_at = next_publication_time(now)
        issue.save(update_fields=["publish_at"])
        return issue, now
    publish_at = last_publication_time(now, entry["week"])
    issue.approve(publish_at)
    return issue, publish_at + timedelta(hours=entry.get("corrected_after_hours", 0))


def _load_backlog_article(entry: dict[str, Any]) -> None:
    if days := entry.pop("not_before_days", None):
        entry["not_before"] = timezone.localdate() + timedelta(days)
    article, credits = _make_article(entry)
    article.save()
    _credit(article, **credits)


def _make_article(entry: dict[str, Any]) -> tuple[Article, dict[str, list[str]]]:
    """Return an unsaved article, and its authors and tags, which can be set after it is saved."""
    credits = {"authors": entry.pop("authors", []), "tags": entry.pop("tags", [])}
    if "publication" in entry:
        entry["publication"] = Publication.objects.get(name=entry["publication"])
    return _validate(Article(**entry)), credits


def _credit(article: Article, authors: list[str], tags: list[str]) -> None:
    article.credit([Author.objects.filter(name=name).first() or _save(Author(name=name)) for name in authors])
    article.tags.add(*tags)
