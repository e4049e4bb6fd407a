"""Digests that change when the contents of an issue do, and when the code that prints it does."""

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from taggit.models import Tag

from issues.models.credits import Author, Publication
from issues.models.issues import Issue

# Everything that decides which bytes come out for the same rows, below BASE_DIR. A test follows the imports and the
# templates from the views of feeds and editions, and fails if a file is missing here.
PRINTING_FILES = (
    *("issues/printing/*.py", "issues/feeds/*.py", "issues/templatetags/*.py", "text/*.py"),
    *("issues/site/editions.py", "issues/site/downloads.py", "issues/models/*.py", "sponsors/models.py"),
    *("fetching/addresses.py", "templates/issues/_*.html", "templates/issues/feeds/_*.html"),
)
LIBRARIES = ("django", "django-taggit", "idna", "linkify-it-py", "markdown-it-py", "mdurl", "nh3")


def digest(issue: Issue) -> str:
    """Return the SHA-256, in hexadecimal, of all words and addresses that the issue prints.

    It covers the contents and not the HTML: a new template is no correction, and must not look like one to readers.
    """
    printed: list[object] = [issue.title, issue.slug, issue.intro]
    for placement in issue.printed_placements:
        printed += [placement.sponsor.name, placement.message, placement.url]
    for article in issue.articles.all():
        printed += [article.pk, article.section, article.title, article.url, article.blurb]
        printed += [article.byline, article.disclosure]
        # Lists of their own: an author who becomes a publication of the same name is printed with another address.
        publications = [article.publication] if article.publication else []
        printed += [_names(article.credited_authors), _names(publications), _names(article.printed_tags)]
    for correction in issue.corrections.all():
        printed += [correction.text, correction.made_at]
    return hashlib.sha256(repr(printed).encode("utf-8", "replace")).hexdigest()


def _names(rows: Iterable[Author | Publication | Tag]) -> list[tuple[str, str]]:
    return [(row.name, row.slug) for row in rows]


def digest_of_code(folder: Path) -> str:
    """Return the SHA-256, in hexadecimal, of the files that print and of the versions of the libraries they use.

    It is the same on every machine that runs the same release. A change that alters no output moves it too: then
    each feed reader fetches its feed once more, which is better than a 304 for a feed that has changed.
    """
    code = hashlib.sha256(repr([sys.version_info[:2], *((name, version(name)) for name in LIBRARIES)]).encode())
    for path in sorted(path for pattern in PRINTING_FILES for path in folder.glob(pattern)):
        code.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        code.update(path.read_bytes())
    return code.hexdigest()


# The digest of this release. It does not notice templates that are edited while the process runs.
PRINTING_CODE = digest_of_code(settings.BASE_DIR)
