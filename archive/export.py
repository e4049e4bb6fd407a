"""Write the database to a directory of text files, in constant memory."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import connection, transaction
from django.db.models import F, Model, Prefetch, QuerySet
from django.db.models.functions import Collate

from archive import FORMAT
from archive.contents import BACKLOG, TABLES, WORDPRESS, Table
from archive.directory import ABOUT, ISSUES, PAGES, README, issue_file, page_file, replacing
from archive.documents import Record, write_document
from archive.identities import used_identities
from archive.pictures import write_pictures
from archive.readme import TEXT
from archive.records import record_of, relations_of, without_empties
from archive.toml import moment
from issues.models.addresses import normalize_path, path_of_post
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement

# Rows in memory at once. An issue with its contents takes a few kB, a post from WordPress about 20 kB of HTML.
BATCH_SIZE = 100
_SLUG = re.compile(r"[-a-z0-9_]+")
# What _former_paths() looks at. The HTML of a post is most of it.
_ADDRESSES: list[Any] = [
    "addresses",
    *(Prefetch("wordpress_post", table.model._default_manager.defer("html")) for table in WORDPRESS),
]


def export_archive(directory: Path) -> dict[str, int]:
    """Write everything, and return how many rows of each kind. Raises ArchiveError or OSError, changing nothing.

    All files show one state of the database. Makes three queries, one more for each kind of row, and more for every
    hundred rows: seven for issues, two for articles of the backlog, and two for pages.
    """
    with replacing(directory) as new, _snapshot():
        counts = {table.file: _write_lines(new, table, _rows(table)) for table in TABLES}
        write_pictures(new)
        counts[PAGES] = _write_pages(new)
        counts[ISSUES] = _write_issues(new)
        backlog = _with_relations(Article.objects.backlog().with_credits())
        counts[BACKLOG.file] = _write_lines(new, BACKLOG, backlog.order_by("pk"))
        for table in WORDPRESS:
            posts = _with_relations(table.model._default_manager.all())
            counts[table.file] = _write_lines(new, table, posts.order_by("post_id"))
        counts = {name.removesuffix(".jsonl"): count for name, count in counts.items()}
        about = {"format": FORMAT, "counts": counts, **used_identities()}
        _write(new / ABOUT, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
        _write(new / README, TEXT)
    return counts


@contextmanager
def _snapshot() -> Iterator[None]:
    """Make all queries read one state of the database. Opens a transaction, unless the caller has one."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _rows(table: Table) -> QuerySet[Any]:
    """Return rows in the same order in every database: by code point, not by a language's rules."""
    return _with_relations(table.model._default_manager.all()).order_by(Collate(F(table.key), "C"))


def _write_lines(directory: Path, table: Table, rows: QuerySet[Any]) -> int:
    count = 0
    with (directory / table.file).open("w", encoding="utf-8", newline="") as file:
        for row in rows.iterator(chunk_size=BATCH_SIZE):
            values = _article_values(row) if isinstance(row, Article) else record_of(row)
            file.write(json.dumps(values, ensure_ascii=False, default=_as_text) + "\n")
            count += 1
    return count


def _write_pages(directory: Path) -> int:
    (directory / PAGES).mkdir()
    taken: set[str] = set()
    rows = _rows(Table(Page, PAGES, "slug")).prefetch_related(*_ADDRESSES)
    for page in rows.iterator(chunk_size=BATCH_SIZE):
        part = _part("page", page, {**record_of(page), "previous_slugs": _former_paths(page)})
        _write(directory / PAGES / page_file(page.slug, taken), write_document([part]))
    return len(taken)


def _write_issues(directory: Path) -> int:
    (directory / ISSUES).mkdir()
    count = 0
    for issue in _issues().iterator(chunk_size=BATCH_SIZE):
        _write(directory / ISSUES / issue_file(issue.number, issue.slug), write_document(_parts(issue)))
        count += 1
    return count


def _issues() -> QuerySet[Issue]:
    return _with_relations(Issue.objects.order_by("number")).prefetch_related(
        Prefetch("placements", _with_relations(Placement.objects.order_by("slot"))),
        Prefetch("articles", _with_relations(Article.objects.with_credits())),
        Prefetch("corrections", _with_relations(Correction.objects.all())),
        *_ADDRESSES,
    )


def _with_relations(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Load with each row the rows that it refers to, because record_of() writes their name, slug or number."""
    relations = relations_of(rows.model)
    return rows.select_related(*relations) if relations else rows


def _parts(issue: Issue) -> Iterator[Record]:
    """Yield the parts of an issue's file in print order."""
    yield _part("issue", issue, {**record_of(issue), "previous_slugs": _former_paths(issue)})
    for placement in issue.placements.all():
        yield _part("placement", placement, record_of(placement))
    for kind, articles in (("article", issue.printed_articles), ("outage", issue.printed_outages)):
        for article in articles:
            yield _part(kind, article, _article_values(article, in_backlog=False))
    for correction in issue.corrections.all():
        yield _part("correction", correction, record_of(correction))


def _part(kind: str, row: Model, values: dict[str, object]) -> Record:
    return Record(kind, without_empties(values, type(row)))


def _former_paths(row: Any) -> list[str]:
    """Return the paths that redirect to the issue or page.

    Addresses such as ?p=123 are left out if the archive has the post of WordPress that they come from: the import
    makes them from the post. Those of another post, which had the same number, and of other services are written.
    """
    post = getattr(row, "wordpress_post", None) if WORDPRESS else None
    made = [path_of_post(post.post_id), unquote(urlsplit(post.permalink).path)] if post else []
    left_out = {path for path in map(normalize_path, made) if not _SLUG.fullmatch(path)}
    return sorted({address.path for address in row.addresses.all() if not address.is_current} - left_out)


def _article_values(article: Article, *, in_backlog: bool = True) -> dict[str, object]:
    values = record_of(article)
    if in_backlog:  # In an issue's file, the kind of the part says it.
        values["section"] = article.section
    values["authors"] = [author.slug for author in article.credited_authors]
    values["tags"] = sorted(tag.slug for tag in article.printed_tags)
    return values


def _as_text(value: object) -> str:
    match value:
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
    raise TypeError(f"An archive cannot hold a {type(value).__name__}.")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
