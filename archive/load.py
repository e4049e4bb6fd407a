"""A directory of text files into an empty database: everything or nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched, chain
from pathlib import Path

from django.db import transaction
from django.db.models import Model
from taggit.models import Tag

from archive import reading
from archive.contents import ALL_TABLES, BACKLOG, KEYS, RECORDED, TABLES, WORDPRESS
from archive.directory import ISSUES, PAGES
from archive.documents import Record
from archive.identities import keep_identities
from archive.insertion import Found, insert
from archive.records import Keys, doubts, find_key, read_list, read_row
from fetching.addresses import canonicalize
from issues.changes import changing
from issues.models.addresses import Address, is_reserved, normalize_path
from issues.models.articles import Article, Tagging
from issues.models.corrections import Correction
from issues.models.credits import Author, Authorship
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement

AT_ONCE = 100
_SECTIONS = {"article": Article.Section.ARTICLES, "outage": Article.Section.OUTAGES}


class NotEmptyError(Exception):
    """The database holds a newsletter already."""


@dataclass(frozen=True)
class Imported:
    counts: dict[str, int]
    # What the desk would refuse, a sentence each. It was kept as it is.
    doubts: list[str]


@transaction.atomic
def import_archive(directory: Path) -> Imported:
    """Raises NotEmptyError, ArchiveError or OSError, having changed nothing.

    Memory and queries are those of a hundred issues at a time, besides the names, addresses and corrections of all.
    """
    _refuse_unless_empty()
    about = reading.check(directory)
    loader = _Loader(directory)
    for table in TABLES:
        loader.load_lines(table.model, table.file)
    loader.load_pages()
    loader.load_issues()
    loader.load_lines(Article, BACKLOG.file)
    loader.load_lines(WORDPRESS.model, WORDPRESS.file)
    loader.load_corrections()
    reading.compare_counts(about, loader.counts)
    keep_identities(about)
    with changing(cause="imported from an archive") as door:
        for issue in Issue.objects.only("pk"):
            door.add(issue)
    return Imported(about["counts"], loader.doubts)


def _refuse_unless_empty() -> None:
    found = []
    for model in RECORDED:
        if count := model._default_manager.count():
            name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
            found.append(f"{count} {name}")
    if found:
        raise NotEmptyError(
            f"This database holds {', '.join(found)} already, and nothing was changed. "
            "An archive is imported into an empty one only."
        )


class _Loader:
    def __init__(self, directory: Path):
        self.counts = {table.file.removesuffix(".jsonl"): 0 for table in ALL_TABLES}
        self.doubts: list[str] = []
        self._directory = directory
        self._keys: Keys = {model: {} for model in KEYS}
        # With their issues' keys. They may name an issue that comes later.
        self._corrections: list[tuple[Record, int]] = []

    def load_lines(self, model: type[Model], file: str) -> None:
        for records in batched(reading.read_lines(self._directory, file), AT_ONCE, strict=False):
            if model is Article:
                self._insert_articles([self._backlog_article(record) for record in records])
            else:
                found = [self._found(model, record) for record in records]
                self._insert(found)
                for post, _ in found if model is WORDPRESS.model else ():
                    if row := post.issue or post.page:
                        Address.objects.add_wordpress(row, post.post_id, post.permalink)
            self.counts[file.removesuffix(".jsonl")] += len(records)

    def load_pages(self) -> None:
        for documents in batched(reading.read_files(self._directory, PAGES, "page"), AT_ONCE, strict=False):
            for part in chain.from_iterable(parts for _, *parts in documents):
                raise part.error("a page has no parts.")
            found = [self._found(Page, page) for page, *_ in documents]
            self._insert(found)
            self._insert_addresses(found)

    def load_issues(self) -> None:
        for documents in batched(reading.read_files(self._directory, ISSUES, "issue"), AT_ONCE, strict=False):
            self._insert_issues([issue for issue, *_ in documents])
            placements: list[Found] = []
            articles: list[Found] = []
            for issue, *parts in documents:
                key = self._keys[Issue][issue.values["number"]]
                placements += [self._found(Placement, part, issue_id=key) for part in parts if part.kind == "placement"]
                articles += self._articles(parts, key)
                self._corrections += [(part, key) for part in parts if part.kind == "correction"]
            self._insert(placements)
            self._insert_articles(articles)

    def load_corrections(self) -> None:
        for some in batched(self._corrections, AT_ONCE, strict=False):
            self._insert([self._found(Correction, record, issue_id=issue) for record, issue in some])

    def _found(self, model: type[Model], record: Record, *also: str, **rest: object) -> Found:
        """`rest` is what the record's place says; `also` are lists in it that become other rows."""
        row = read_row(model, record, self._keys, also={*also})
        for name, value in rest.items():
            setattr(row, name, value)
        return Found(row, record)

    def _insert(self, found: Iterable[Found]) -> None:
        found = list(found)
        insert(found)
        for row, record in found:
            self.doubts += doubts(row, record)
            if key := KEYS.get(type(row)):
                self._keys[type(row)][getattr(row, key)] = row.pk

    def _insert_issues(self, records: list[Record]) -> None:
        found = [self._found(Issue, record, "previous_slugs") for record in records]
        self._insert(found)
        previous = [(issue, record, slug) for issue, record in found for slug in read_list(record, "previous_slugs")]
        self._insert_addresses(found)
        insert([Found(Address(issue=issue, path=normalize_path(slug)), record) for issue, record, slug in previous])
        for _, record, slug in previous:
            self._note_reserved(slug, record, "previous_slugs")

    def _insert_addresses(self, found: list[Found]) -> None:
        insert([Found(Address.objects.current(row), record) for row, record in found])
        for row, record in found:
            self._note_reserved(row.slug, record, "slug")

    def _note_reserved(self, slug: str, record: Record, key: str) -> None:
        if is_reserved(slug):
            self.doubts.append(f"{record.place(key)}: the site itself uses the address “{slug}”.")

    def _articles(self, parts: list[Record], issue: int) -> list[Found]:
        """In the order of the file, which is the order of print."""
        positions = Counter[str]()
        found = []
        for part in parts:
            if section := _SECTIONS.get(part.kind):
                positions[section] += 1
                place = {"issue_id": issue, "section": section, "position": positions[section]}
                found.append(self._found(Article, part, "authors", "tags", **place))
        return found

    def _backlog_article(self, record: Record) -> Found:
        section = record.values.get("section", Article.Section.ARTICLES)
        if section not in Article.Section.values:
            raise record.error(f"this is one of {', '.join(Article.Section.values)}.", "section")
        return self._found(Article, record, "authors", "tags", "section", section=section)

    def _insert_articles(self, found: list[Found]) -> None:
        for article, _ in found:
            article.canonical_url = canonicalize(article.url)
        self._insert(found)
        authorships, taggings = [], []
        for article, record in found:
            for position, slug in enumerate(read_list(record, "authors"), 1):
                author = find_key(Author, slug, record, "authors", self._keys)
                authorships.append(Found(Authorship(article=article, author_id=author, position=position), record))
            for slug in read_list(record, "tags"):
                tag = find_key(Tag, slug, record, "tags", self._keys)
                taggings.append(Found(Tagging(content_object=article, tag_id=tag), record))
        insert(authorships)
        insert(taggings)
