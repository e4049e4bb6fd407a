"""Downloads of everything published, streamed line by line, so that memory stays the same however long the archive is.

One query, and four more for every hundred issues. Texts are given in Markdown only: HTML would take a millisecond for
each blurb, and drive the pages that readers look at out of the cache of rendered Markdown.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.views.decorators.http import condition, require_safe

from issues.models.issues import Issue, IssueQuerySet
from issues.printing.data import article_data, issue_data
from issues.printing.dates import rfc3339
from issues.site.caching import READABLE_FROM_ANY_SITE, cache_for_minutes
from issues.site.versions import VERSION_FIELDS, etag_of

ISSUES_AT_ONCE = 100

COLUMNS = [
    *("issue", "issue_title", "published", "section", "title", "url", "blurb", "authors", "publication", "byline"),
    *("disclosure", "tags", "id", "anchor"),
]

# Cells that a spreadsheet runs as a formula (OWASP, “CSV Injection”), such as “@user on Twitter: …” and lists in
# Markdown. They get an apostrophe in front, and so do cells that already have one there: then the first apostrophe of
# every such cell is ours, and a program can remove it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@require_safe
@cache_for_minutes
def data(request: HttpRequest) -> HttpResponse:
    """Show the page that describes the downloads."""
    return render(request, "issues/data.html")


@require_safe
@cache_for_minutes
def issues_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, _issues_as_json_lines, "issues.jsonl", "application/jsonl")


@require_safe
@cache_for_minutes
def articles_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, _articles_as_json_lines, "articles.jsonl", "application/jsonl")


@require_safe
@cache_for_minutes
def articles_csv(request: HttpRequest) -> HttpResponseBase:
    return _download(request, _articles_as_csv, "articles.csv", "text/csv; charset=utf-8; header=present")


def _download(
    request: HttpRequest, write: Callable[[IssueQuerySet], Iterator[str]], name: str, content_type: str
) -> HttpResponseBase:
    """Stream the lines of a file named for the day of the last change. One query for a 304 and for HEAD."""
    issues = Issue.objects.published()
    states = list(issues.only(*VERSION_FIELDS))
    last_change = max((localtime(issue.changed_at).date() for issue in states), default=None)
    parts = [slugify(settings.NEWSLETTER_NAME), last_change, name]
    file_name = "-".join(str(part) for part in parts if part)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', **READABLE_FROM_ANY_SITE}

    def respond(request: HttpRequest) -> HttpResponseBase:
        lines = write(issues) if request.method == "GET" else ()
        return StreamingHttpResponse(lines, content_type=content_type, headers=headers)

    return condition(lambda request: etag_of(states))(respond)(request)


def _issues_as_json_lines(issues: IssueQuerySet) -> Iterator[str]:
    for issue in _loaded(issues):
        yield _json_line(issue_data(issue, html=False))


def _articles_as_json_lines(issues: IssueQuerySet) -> Iterator[str]:
    for row in _articles(issues):
        yield _json_line(row)


def _articles_as_csv(issues: IssueQuerySet) -> Iterator[str]:
    """Write RFC 4180. Several names share a cell, with “; ” between them; JSON Lines is the exact form."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in _articles(issues):
        cells = {
            **row,
            "issue": row["issue"]["number"],
            "issue_title": row["issue"]["title"],
            "published": row["issue"]["published"],
            "blurb": row["blurb"]["markdown"],
            "authors": "; ".join(author["name"] for author in row["authors"]),
            "publication": row["publication"]["name"] if row["publication"] else "",
            "tags": "; ".join(row["tags"]),
        }
        yield writer.writerow([_guard(cells[column]) for column in COLUMNS])


def _articles(issues: IssueQuerySet) -> Iterator[dict[str, Any]]:
    for issue in _loaded(issues):
        assert issue.publish_at is not None
        reference = {"number": issue.number, "title": issue.title, "published": rfc3339(issue.publish_at)}
        for article in issue.printed_entries:
            yield {"issue": reference, **article_data(article, html=False)}


def _loaded(issues: IssueQuerySet) -> Iterator[Issue]:
    return issues.with_contents().iterator(chunk_size=ISSUES_AT_ONCE)


def _json_line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _guard(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


class _Echo:
    """A file for csv.writer that hands each line back instead of storing it."""

    def write(self, line: str) -> str:
        return line
