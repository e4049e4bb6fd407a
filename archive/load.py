"""Load a directory of text files into an empty database: all of it or nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import batched, chain
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model
from taggit.models import Tag

from archive import reading
from archive.by_hand import Completion, highest_id
from archive.contents import ALL_TABLES, BACKLOG, KEYS, RECORDED, TABLES, WORDPRESS
from archive.directory import ISSUES, PAGES
from archive.documents import Record
from archive.identities import reserve_identities
from archive.insertion import NewRow, insert_rows
from archive.pictures import load_pictures
from archive.records import Keys, find_key, objections_to, read_list, read_row
from fetching.identity import canonicalize
from issues.changes import changing
from issues.models.addresses import Address, is_reserved, normalize_path
from issues.models.articles import Article, Tagging
from issues.models.corrections import Correction
from issues.models.credits import Author, Authorship
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement

BATCH_SIZE = 100
_SECTIONS = {"article": Article.Section.ARTICLES, "outage": Article.Section.OUTAGES}


class NotEmptyError(Exception):
    """The database already holds a newsletter."""


@dataclass(frozen=True)
class ImportResult:
    counts: dict[str, int]
    objections: list[str]  # Sentences on values that were kept, though the desk would refuse them.
    computed: dict[str, int]  # What a person had left out, and how often: "guid of an issue".


@transaction.atomic
def import_archive(directory: Path) -> ImportResult:
    """Load the archive. Raises NotEmptyError, ArchiveError or OSError, changing nothing.

    Holds a hundred issues in memory, besides all names, addresses and corrections, and makes queries for each hundred.
    """
    _refuse_unless_empty()
    about = reading.check(directory)
    by_hand = reading.is_by_hand(about)
    loader = _Loader(directory, about, by_hand=by_hand)
    for table in TABLES:
        loader.load_lines(table.model, table.file)
    load_pictures(directory)
    loader.load_pages()
    loader.load_issues()
    loader.load_lines(Article, BACKLOG.file)
    for table in WORDPRESS:
        loader.load_lines(table.model, table.file)
    loader.load_corrections()
    if not by_hand:
        reading.compare_counts(about, loader.counts)
    reserve_identities(about)
    with changing(cause="imported from an archive") as change:
        for issue in Issue.objects.only("pk"):
            change.add(issue)
    counts = {folder: len(reading.files_in(directory, folder)) for folder in (PAGES, ISSUES)} | loader.counts
    computed = loader.completion.computed if loader.completion else {}
    return ImportResult(about.get("counts", counts), loader.objections, dict(computed))


def _refuse_unless_empty() -> None:
    found = []
    for model in RECORDED:
        if count := model._default_manager.count():
            name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
            found.append(f"{count} {name}")
    if found:
        raise NotEmptyError(
            f"This database already holds {', '.join(found)}. Nothing was changed. "
            "Import an archive into an empty database."
        )


def _add_wordpress_addresses(posts: list[Any]) -> None:
    pages = Page.objects.in_bulk([post.page_id for post in posts if post.page_id])
    found = []
    for post in posts:
        if row := Issue(pk=post.issue_id) if post.issue_id else pages.get(post.page_id):
            # A draft may have the permalink of a published page. The import from WordPress leaves it out, too.
            is_hidden = isinstance(row, Page) and not row.is_published
            found.append((row, post.post_id, "" if is_hidden else post.permalink))
    Address.objects.add_wordpress(found)


class _Loader:
    def __init__(self, directory: Path, about: dict[str, Any], *, by_hand: bool):
        self.counts = {table.file.removesuffix(".jsonl"): 0 for table in ALL_TABLES}
        self.objections: list[str] = []
        self._directory = directory
        self._keys: Keys = {model: {} for model in KEYS}
        # Corrections, each with the key of its issue. They are inserted last, because one may refer to a later issue.
        self._corrections: list[tuple[Record, int]] = []
        self._read_files = partial(reading.read_files, directory, by_hand=by_hand)
        self.completion = Completion(highest_id(about, self._read_files(ISSUES, "issue"))) if by_hand else None

    def load_lines(self, model: type[Model], file: str) -> None:
        for records in batched(reading.read_lines(self._directory, file), BATCH_SIZE, strict=False):
            if model is Article:
                self._insert_articles([self._backlog_article(record) for record in records])
            else:
                rows = [self._new_row(model, record) for record in records]
                if self.completion:
                    self.completion.complete_credited(row for row, _ in rows)
                self._insert(rows)
                if model in [table.model for table in WORDPRESS]:
                    _add_wordpress_addresses([post for post, _ in rows])
            self.counts[file.removesuffix(".jsonl")] += len(records)

    def load_pages(self) -> None:
        for documents in batched(self._read_files(PAGES, "page"), BATCH_SIZE, strict=False):
            if self.completion:
                for page, *_ in documents:
                    self.completion.complete_page(page, Path(page.file).stem)
            for part in chain.from_iterable(parts for _, *parts in documents):
                raise part.error("a page has no parts.")
            self._insert_with_addresses(Page, [page for page, *_ in documents])

    def load_issues(self) -> None:
        for documents in batched(self._read_files(ISSUES, "issue"), BATCH_SIZE, strict=False):
            if self.completion:
                for issue, *parts in documents:
                    self.completion.complete_issue(issue, parts, self._keys)
            self._insert_with_addresses(Issue, [issue for issue, *_ in documents])
            placements: list[NewRow] = []
            articles: list[NewRow] = []
            for issue, *parts in documents:
                key = self._keys[Issue][issue.values["number"]]
                placements += [
                    self._new_row(Placement, part, issue_id=key) for part in parts if part.kind == "placement"
                ]
                articles += self._articles(parts, key)
                self._corrections += [(part, key) for part in parts if part.kind == "correction"]
            self._insert(placements)
            self._insert_articles(articles)

    def load_corrections(self) -> None:
        for some in batched(self._corrections, BATCH_SIZE, strict=False):
            self._insert([self._new_row(Correction, record, issue_id=issue) for record, issue in some])

    def _new_row(self, model: type[Model], record: Record, *also: str, **values: object) -> NewRow:
        """Read a row. `also` names lists that become other rows; `values` follow from the record's place."""
        row = read_row(model, record, self._keys, also={*also})
        for name, value in values.items():
            setattr(row, name, value)
        return NewRow(row, record)

    def _insert(self, rows: Iterable[NewRow]) -> None:
        rows = list(rows)
        insert_rows(rows)
        for row, record in rows:
            self.objections += objections_to(row, record)
            if key := KEYS.get(type(row)):
                self._keys[type(row)][getattr(row, key)] = row.pk

    def _insert_with_addresses(self, model: type[Issue | Page], records: list[Record]) -> None:
        rows = [self._new_row(model, record, "previous_slugs") for record in records]
        self._insert(rows)
        insert_rows([NewRow(Address.objects.current(row), record) for row, record in rows])
        owner = str(model._meta.model_name)
        former = [(row, record, slug) for row, record in rows for slug in read_list(record, "previous_slugs")]
        insert_rows(
            [NewRow(Address(path=normalize_path(slug), **{owner: row}), record) for row, record, slug in former]
        )
        slugs = [(record, row.slug, "slug") for row, record in rows]
        for record, slug, key in [*slugs, *((record, slug, "previous_slugs") for _, record, slug in former)]:
            if is_reserved(slug):
                self.objections.append(f"{record.place(key)}: the site itself uses the address “{slug}”.")

    def _articles(self, parts: list[Record], issue: int) -> list[NewRow]:
        """Read articles and outages. Their order in the file is the order of print."""
        positions = Counter[str]()
        rows = []
        for part in parts:
            if section := _SECTIONS.get(part.kind):
                positions[section] += 1
                place = {"issue_id": issue, "section": section, "position": positions[section]}
                rows.append(self._new_row(Article, part, "authors", "tags", **place))
        return rows

    def _backlog_article(self, record: Record) -> NewRow:
        section = record.values.get("section", Article.Section.ARTICLES)
        if section not in Article.Section.values:
            raise record.error(f"give one of {', '.join(Article.Section.values)}.", "section")
        return self._new_row(Article, record, "authors", "tags", "section", section=section)

    def _insert_articles(self, rows: list[NewRow]) -> None:
        for article, _ in rows:
            article.canonical_url = canonicalize(article.url)
        self._insert(rows)
        authorships, taggings = [], []
        for article, record in rows:
            for position, slug in enumerate(read_list(record, "authors"), 1):
                author = find_key(Author, slug, record, "authors", self._keys)
                authorships.append(NewRow(Authorship(article=article, author_id=author, position=position), record))
            for slug in read_list(record, "tags"):
                tag = find_key(Tag, slug, record, "tags", self._keys)
                taggings.append(NewRow(Tagging(content_object=article, tag_id=tag), record))
        insert_rows(authorships)
        insert_rows(taggings)
