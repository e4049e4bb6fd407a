"""Which models an archive holds, and where; which it leaves out, and why. A test fails where one is in neither list."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model
from taggit.models import Tag

from issues.models.addresses import Address
from issues.models.articles import Article, Tagging
from issues.models.corrections import Correction
from issues.models.credits import Author, Authorship, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement, Sponsor

WordPressPost = apps.get_model("wordpress", "WordPressPost")


@dataclass(frozen=True)
class Table:
    """A file of JSON Lines, sorted by `key`."""

    model: type[Model]
    file: str
    key: str


# In the order in which they are read: each names only what stands before it, or issues.
TABLES = [
    Table(Sponsor, "sponsors.jsonl", "name"),
    Table(Publication, "publications.jsonl", "slug"),
    Table(Author, "authors.jsonl", "slug"),
    Table(Tag, "tags.jsonl", "slug"),
]
BACKLOG = Table(Article, "backlog.jsonl", "pk")
WORDPRESS = Table(WordPressPost, "wordpress.jsonl", "post_id")
ALL_TABLES = [*TABLES, BACKLOG, WORDPRESS]

# What stands for a row where another names it, instead of its id.
KEYS: dict[type[Model], str] = {
    Issue: "number",
    Page: "slug",
    Sponsor: "name",
    Publication: "slug",
    Author: "slug",
    Tag: "slug",
}

# Records of their own; the last two are parts of an issue's file, as articles are.
RECORDED: list[type[Model]] = [table.model for table in ALL_TABLES] + [Issue, Page, Placement, Correction]
# Lists in the record of another: issue.previous_slugs, article.authors, article.tags.
LISTED: dict[type[Model], set[str]] = {
    Address: {"id", "issue", "page", "path", "is_current"},
    Authorship: {"id", "article", "author", "position"},
    Tagging: {"id", "content_object", "tag"},
}

# Their ids are in addresses that readers have: #article-17.
WITH_ID: list[type[Model]] = [Article]

FIELDS_LEFT_OUT = {
    "issues.Article.version": "counts saves at the desk",
    "issues.Author.version": "counts saves at the desk",
    "issues.Correction.version": "counts saves at the desk",
    "issues.Page.version": "counts saves at the desk",
    "issues.Publication.version": "counts saves at the desk",
    "sponsors.Placement.version": "counts saves at the desk",
    "sponsors.Sponsor.version": "counts saves at the desk",
    "issues.Article.issue": "the article stands in its issue's file",
    "issues.Article.section": "issues' files say article or outage",
    "issues.Article.position": "articles stand in print order",
    "issues.Article.canonical_url": "derived from the address",
    "issues.Correction.issue": "the correction stands in its issue's file",
    "issues.Correction.made_by": "accounts stay behind",
    "sponsors.Placement.issue": "the placement stands in its issue's file",
}

MODELS_LEFT_OUT = {
    "collecting.Candidate": "arrived, and nobody decided on it yet: no words of the editor’s",
    "collecting.Device": "accounts and tokens stay behind",
    "wordpress.ExportChunk": "part of a file that came from WordPress",
    "wordpress.ExportFile": "the editor has the file, and it is deleted after a week",
    "fetching.FetchedPage": "asked again",
    "issues.IssueCard": "drawn again where it is missing",
    "issues.IssueRevision": "history stays behind",
    "issues.PageRevision": "history stays behind",
    "issues.PrintingCode": "since when this site prints as it does",
    "issues.RetiredGuid": "stands in archive.json",
    "issues.SearchText": "made anew from the issues",
    "collecting.Source": "what is read, not what is printed",
    "desk.UnsavedForm": "a form of an account that stays behind",
    "wordpress.WordPressImport": "a run of an import, and its report",
}
