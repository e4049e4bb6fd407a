"""Complete files that a person wrote: what an export says and a person leaves out is computed, and counted.

Such a directory has no archive.json, or one without counts. Only its issues are needed, with a number each.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from taggit.models import Tag

from archive.documents import Record
from archive.records import Keys
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from sponsors.models import Placement, Sponsor

# By value: the rows that it names.
_NAMED: dict[str, type[Model]] = {"authors": Author, "publication": Publication, "tags": Tag, "sponsor": Sponsor}
_ARTICLES = ("article", "outage")


class Completion:
    """`computed` counts what was filled in: "guid of an issue", "author made from a name"."""

    def __init__(self, highest_id: int):
        self.computed: Counter[str] = Counter()
        self._highest_id = highest_id

    def complete_issue(self, issue: Record, parts: list[Record], keys: Keys) -> None:
        """Fill in what the parts of an issue's file leave out, and add the authors and others that no file lists."""
        number, publish_at = issue.values.get("number"), issue.values.get("publish_at")
        if type(number) is not int:
            return  # Its error is reported when the row is read.
        time = publish_at if isinstance(publish_at, datetime) and publish_at.tzinfo else timezone.now()
        self._fill(issue, "title", settings.ISSUE_TITLE.format(number=number))
        self._fill(issue, "slug", settings.ISSUE_SLUG.format(number=number))
        self._fill(issue, "status", Issue.Status.APPROVED.value if publish_at else Issue.Status.DRAFT.value)
        if issue.values["status"] == Issue.Status.APPROVED:
            self._fill(issue, "guid", Issue(number=number).new_guid())
        for name in ("created_at", "updated_at"):
            self._fill(issue, name, time)
        self._fill(issue, "contents_digest", "")  # The door for changes computes it.
        for part in parts:
            self._complete_part(part, time)
            self._add_named_rows(part, keys)

    def complete_page(self, page: Record, name: str) -> None:
        """Fill in what a page's file leaves out, from its name."""
        self._fill(page, "slug", name)
        self._fill(page, "title", name.replace("-", " ").capitalize())
        self._fill(page, "updated_at", timezone.now())

    def complete_credited(self, rows: Iterable[Any]) -> None:
        """Make the slugs of authors and publications that have none."""
        for row in rows:
            if isinstance(row, Author | Publication) and not row.slug:
                row.fill_slug()
                self._count("slug", str(row._meta.verbose_name))

    def _complete_part(self, part: Record, time: datetime) -> None:
        if part.kind in _ARTICLES:
            if "id" not in part.values:
                self._highest_id += 1
                self._fill(part, "id", self._highest_id)
            self._fill(part, "created_at", time)
        elif part.kind == "placement":
            self._fill(part, "state", Placement.State.APPROVED.value)

    def _fill(self, record: Record, name: str, value: object) -> None:
        if name not in record.values:
            record.values[name] = value
            self._count(name, record.kind)

    def _count(self, name: str, kind: str) -> None:
        self.computed[f"{name} of {'an' if kind[0] in 'aeiou' else 'a'} {kind}"] += 1

    def _add_named_rows(self, record: Record, keys: Keys) -> None:
        """Add a row for each name that is neither a slug nor a name known already. Raises ArchiveError."""
        for key, model in _NAMED.items():
            value = record.values.get(key)
            found: set[int] = set()
            for name in value if isinstance(value, list) else [value]:
                if not isinstance(name, str) or not name:
                    continue  # It is an error when the row is read, or says that there is none.
                if name not in keys[model]:
                    keys[model][name] = self._row(model, re.sub(" +", " ", name.strip(" ")), record, key).pk
                if keys[model][name] in found:
                    raise record.error(f"“{name}” is listed twice, in two spellings or as name and slug.", key)
                found.add(keys[model][name])

    def _row(self, model: Any, name: str, record: Record, key: str) -> Model:
        if found := model.objects.filter(name__iexact=name).first():
            return found
        if not name:
            raise record.error("a name is blank.", key)
        row = model(name=name)
        try:
            row.clean_fields(exclude={field.name for field in model._meta.fields} - {"name"})
        except ValidationError as error:
            raise record.error(" ".join(error.messages), key) from error
        row.save()
        self.computed[f"{model._meta.verbose_name} made from a name"] += 1
        return row


def highest_id(about: dict[str, Any], documents: Iterable[list[Record]]) -> int:
    """Return the highest id of an article in these files, or that archive.json gives, or 0."""
    given = [part.values.get("id") for parts in documents for part in parts if part.kind in _ARTICLES]
    return max((number for number in [about.get("last_article_id"), *given] if type(number) is int), default=0)
