"""Downloads of everything published: made once for each state of the archive, line by line, and stored compressed.

Texts are given in Markdown only: HTML would take a millisecond for each blurb, and drive the pages that readers look
at out of the cache of rendered Markdown.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.views.decorators.http import condition, require_safe

from issues.models.downloads import StoredDownload
from issues.models.issues import Issue, IssueQuerySet
from issues.printing.data import article_data, issue_data
from issues.printing.dates import rfc3339
from issues.printing.metadata import describe_index
from issues.site.caching import cache_for_minutes, readable_from_any_site
from issues.site.versions import VERSION_FIELDS, etag_of

ISSUES_AT_ONCE = 100
# Bytes that are unpacked at once for a client that accepts no gzip.
PIECE = 64 * 2**10

COLUMNS = [
    *("issue", "issue_title", "published", "section", "title", "url", "blurb", "authors", "publication", "byline"),
    *("disclosure", "tags", "id", "anchor"),
]

# Cells that a spreadsheet runs as a formula (OWASP, “CSV Injection”), such as “@user on Twitter: …” and lists in
# Markdown. They get an apostrophe in front, and so do cells that already have one there: then the first apostrophe of
# every such cell is ours, and a program can remove it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
# Accept-Encoding with gzip, unless it is refused (RFC 9110, section 12.4.2). A client in doubt gets the plain file.
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


class File(NamedTuple):
    name: str
    content_type: str
    write: Callable[[IssueQuerySet], Iterator[str]]  # Returns the lines.


@require_safe
@cache_for_minutes
def data(request: HttpRequest) -> HttpResponse:
    """Show the page that describes the downloads."""
    description = f"The archive of {settings.NEWSLETTER_NAME} to download, as JSON Lines and CSV."
    return render(request, "issues/data.html", {"described": describe_index("Data", description, reverse("data"))})


@require_safe
@readable_from_any_site
@cache_for_minutes
def issues_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, ISSUES_JSONL)


@require_safe
@readable_from_any_site
@cache_for_minutes
def articles_jsonl(request: HttpRequest) -> HttpResponseBase:
    return _download(request, ARTICLES_JSONL)


@require_safe
@readable_from_any_site
@cache_for_minutes
def articles_csv(request: HttpRequest) -> HttpResponseBase:
    return _download(request, ARTICLES_CSV)


def make_downloads() -> None:
    """Make the files that are out of date. Called by a job after publication, so that no reader waits for it."""
    issues = Issue.objects.published()
    states = list(issues.only(*VERSION_FIELDS))
    for file in FILES:
        _stored(file, issues, states, _etag(states))


def _download(request: HttpRequest, file: File) -> HttpResponseBase:
    """Answer with the stored file. One query for a 304 and for HEAD, two for the file."""
    issues = Issue.objects.published()
    states = list(issues.only(*VERSION_FIELDS))
    etag = _etag(states)

    def respond(request: HttpRequest) -> HttpResponseBase:
        stored = None if request.method == "HEAD" else _stored(file, issues, states, etag)
        file_name = stored.file_name if stored else _file_name(file, states)
        headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
        if stored is None:  # Another process is making the first one, or no contents are asked for.
            lines = () if request.method == "HEAD" else file.write(issues)
            return StreamingHttpResponse(lines, content_type=file.content_type, headers=headers)
        content, headers["ETag"] = bytes(stored.content), stored.etag
        if _GZIP.search(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return HttpResponse(content, content_type=file.content_type, headers=headers)
        return StreamingHttpResponse(_unpack(content), content_type=file.content_type, headers=headers)

    response = condition(lambda request: etag)(respond)(request)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _stored(file: File, issues: IssueQuerySet, states: list[Issue], etag: str) -> StoredDownload | None:
    """Return the file with this ETag, made again if it has another. One query for one that is up to date.

    While another process makes it again, return the former one, or None if there is none.
    """
    stored = StoredDownload.objects.filter(name=file.name).first()
    if stored and stored.etag == etag:
        return stored
    with transaction.atomic():
        if not StoredDownload.objects.try_lock(file.name):
            return stored
        content = _pack(file.write(issues))
        stored = StoredDownload(name=file.name, etag=etag, file_name=_file_name(file, states), content=content)
        StoredDownload.objects.bulk_create(
            [stored],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["etag", "file_name", "content"],
        )
        return stored


def _etag(states: list[Issue]) -> str:
    """Return a weak ETag: the packed file and the plain one share it."""
    return f"W/{etag_of(states)}"


def _file_name(file: File, states: list[Issue]) -> str:
    """Name the file for the day of the last change."""
    last_change = max((localtime(issue.changed_at).date() for issue in states), default=None)
    parts = [slugify(settings.NEWSLETTER_NAME), last_change, file.name]
    return "-".join(str(part) for part in parts if part)


def _pack(lines: Iterator[str]) -> bytes:
    """Compress the lines without holding all of them. With mtime=0 the same lines give the same bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as file:
        for line in lines:
            file.write(line.encode())
    return packed.getvalue()


def _unpack(content: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        while piece := file.read(PIECE):
            yield piece


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


ISSUES_JSONL = File("issues.jsonl", "application/jsonl", _issues_as_json_lines)
ARTICLES_JSONL = File("articles.jsonl", "application/jsonl", _articles_as_json_lines)
ARTICLES_CSV = File("articles.csv", "text/csv; charset=utf-8; header=present", _articles_as_csv)
FILES = [ISSUES_JSONL, ARTICLES_JSONL, ARTICLES_CSV]
