"""List the models in an archive, and those left out with the reason. A test fails for a model in neither list."""

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
from issues.models.settled import SettledCredit
from issues.models.tags import FormerTag
from pictures.models import FormerAddress, Picture
from sponsors.models import Placement, Sponsor


@dataclass(frozen=True)
class Table:
    """A model written to a file of JSON Lines, sorted by `key`."""

    model: type[Model]
    file: str
    key: str
    is_optional: bool = False  # Earlier versions did not write the file.


# In the order of the import: each refers only to tables before it, or to issues.
TABLES = [
    Table(Sponsor, "sponsors.jsonl", "name"),
    Table(Publication, "publications.jsonl", "slug"),
    Table(Author, "authors.jsonl", "slug"),
    Table(Tag, "tags.jsonl", "slug"),
    Table(FormerTag, "former_tags.jsonl", "name", is_optional=True),
    Table(SettledCredit, "settled_credits.jsonl", "subject", is_optional=True),
    Table(Picture, "pictures.jsonl", "digest", is_optional=True),
    Table(FormerAddress, "former_pictures.jsonl", "path", is_optional=True),
]
BACKLOG = Table(Article, "backlog.jsonl", "pk")
# The app `wordpress` may be deleted after the move. Its file is then neither written nor read.
WORDPRESS_FILE = "wordpress.jsonl"
WORDPRESS = (
    [Table(apps.get_model("wordpress", "WordPressPost"), WORDPRESS_FILE, "post_id")]
    if apps.is_installed("wordpress")
    else []
)
ALL_TABLES = [*TABLES, BACKLOG, *WORDPRESS]

# The field that stands for a row, instead of its id, where another row refers to it.
KEYS: dict[type[Model], str] = {
    Issue: "number",
    Page: "slug",
    Sponsor: "name",
    Publication: "slug",
    Author: "slug",
    Tag: "slug",
    Picture: "digest",
}

# Models with records of their own. The last two are parts of an issue's file, as articles are.
RECORDED: list[type[Model]] = [table.model for table in ALL_TABLES] + [Issue, Page, Placement, Correction]
# Models written as lists in another record: issue.previous_slugs, article.authors, article.tags.
LISTED: dict[type[Model], set[str]] = {
    Address: {"id", "issue", "page", "path", "is_current"},
    Authorship: {"id", "article", "author", "position"},
    Tagging: {"id", "content_object", "tag"},
}

# Models with ids in addresses that readers have: #article-17.
WITH_ID: list[type[Model]] = [Article]

FIELDS_LEFT_OUT = {
    "issues.Article.version": "counts saves at the desk",
    "issues.Author.version": "counts saves at the desk",
    "issues.Correction.version": "counts saves at the desk",
    "issues.Issue.notes_version": "counts saves at the desk",
    "issues.Page.version": "counts saves at the desk",
    "issues.Publication.version": "counts saves at the desk",
    "sponsors.Placement.version": "counts saves at the desk",
    "sponsors.Sponsor.version": "counts saves at the desk",
    "issues.Issue.review_requested_at": "a step before approval, for the editors of this desk",
    "issues.Issue.review_requested_by": "accounts are left out",
    "issues.Article.issue": "the article stands in its issue's file",
    "issues.Article.section": "issues' files say article or outage",
    "issues.Article.position": "articles stand in print order",
    "issues.Article.canonical_url": "derived from the address",
    "issues.Correction.issue": "the correction stands in its issue's file",
    "issues.Correction.made_by": "accounts are left out",
    "pictures.Picture.created_by": "accounts are left out",
    "sponsors.Placement.issue": "the placement stands in its issue's file",
}

MODELS_LEFT_OUT = {
    "collecting.Candidate": "arrived, but the editor has not decided on it",
    "collecting.Device": "accounts and tokens are left out",
    "importing.ImportedIssue": "recognises an issue when its file is imported again",
    "wordpress.ExportChunk": "part of a file that came from WordPress",
    "wordpress.ExportFile": "the editor has the file, and it is deleted after a week",
    "fetching.FetchedPage": "fetched again",
    "issues.IssueCard": "drawn again when it is missing",
    "issues.StoredDownload": "made again when it is missing",
    "issues.SiteVersion": "counts changes of this database",
    "issues.IssueRevision": "history is left out",
    "issues.PageRevision": "history is left out",
    "issues.PrintingCode": "belongs to the installed software",
    "issues.RetiredGuid": "written to archive.json",
    "issues.SearchText": "rebuilt from the issues",
    "collecting.Source": "what the editor reads, not what is printed",
    "desk.UnsavedForm": "belongs to an account",
    "wordpress.WordPressImport": "an import's run and report",
    "mailings.Subscriber": "addresses of people: export_subscribers writes them",
    "mailings.Suppression": "addresses of people: export_subscribers writes them",
    "mailings.Mailing": "what went out by mail, and cannot go out again",
    "mailings.Delivery": "what went out by mail, and to whom",
    "mailings.Report": "what came back, about addresses of people",
    "mailings.DomainDelay": "of the mail that goes out at the moment",
    "mailings.SetupCheck": "what was asked about the mail's setup, and is asked again",
    "mailings.SubscriberImport": "an import's run and report",
    "mailings.SubscriberImportChunk": "part of a file that is deleted after the import",
}
