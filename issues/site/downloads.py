"""The whole published archive, line by line: memory stays the same however long it is.

One query, and four more for every hundred issues. Markdown and no HTML, which would take a
millisecond for each blurb and drive what readers look at out of the cache of rendered Markdown.
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
from issues.printing.data import article_data, issue_data, moment
from issues.printing.version import etag_of
from issues.site.caching import FOR_ALL, cached

ISSUES_AT_ONCE = 100

COLUMNS = [
    *("issue", "issue_title", "published", "section", "title", "url", "blurb", "authors", "publication", "byline"),
    *("disclosure", "tags", "id", "anchor"),
]

# What a spreadsheet takes for a formula and runs: OWASP, "CSV Injection". Such as “@user on Twitter: …” and lists
# in Markdown. The apostrophes in front are those that such a cell has already, so that one can be taken off again.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def issues_as_json_lines(issues: IssueQuerySet) -> Iterator[str]:
    for issue in _loaded(issues):
        yield _line(issue_data(issue, html=False))


def articles_as_json_lines(issues: IssueQuerySet) -> Iterator[str]:
    for row in _articles(issues):
        yield _line(row)


def articles_as_csv(issues: IssueQuerySet) -> Iterator[str]:
    """RFC 4180. Several names stand in one cell with “; ” between; JSON Lines is the exact form."""
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
        yield writer.writerow([_guarded(cells[column]) for column in COLUMNS])


def _articles(issues: IssueQuerySet) -> Iterator[dict[str, Any]]:
    for issue in _loaded(issues):
        assert issue.publish_at is not None
        place = {"number": issue.number, "title": issue.title, "published": moment(issue.publish_at)}
        for article in issue.printed_entries:
            yield {"issue": place, **article_data(article, html=False)}


def _loaded(issues: IssueQuerySet) -> Iterator[Issue]:
    return issues.with_contents().iterator(chunk_size=ISSUES_AT_ONCE)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


class _Echo:
    """csv writes to files; this one hands the line back."""

    def write(self, line: str) -> str:
        return line


@require_safe
@cached
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "issues/data.html")


@require_safe
@cached
def issues_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, issues_as_json_lines, "issues.jsonl", "application/jsonl")


@require_safe
@cached
def articles_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, articles_as_json_lines, "articles.jsonl", "application/jsonl")


@require_safe
@cached
def articles_csv(request: HttpRequest) -> HttpResponseBase:
    return _download(request, articles_as_csv, "articles.csv", "text/csv; charset=utf-8; header=present")


def _download(
    request: HttpRequest, write: Callable[[IssueQuerySet], Iterator[str]], name: str, content_type: str
) -> HttpResponseBase:
    """Streamed, under a file name with the day of the last change. One query for a 304 and for HEAD."""
    issues = Issue.objects.published()
    states = list(issues.only("guid", "slug", "title", "publish_at", "updated_at"))
    last_change = max((localtime(issue.changed_at).date() for issue in states), default=None)
    parts = [slugify(settings.NEWSLETTER_NAME), last_change, name]
    file_name = "-".join(str(part) for part in parts if part)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', **FOR_ALL}

    def respond(request: HttpRequest) -> HttpResponseBase:
        lines = write(issues) if request.method == "GET" else ()
        return StreamingHttpResponse(lines, content_type=content_type, headers=headers)

    return condition(lambda request: etag_of(states))(respond)(request)
