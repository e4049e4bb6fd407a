"""What the navigation leads to: a new site has no page about it yet, and a small one no tags."""

from collections.abc import Iterable
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from issues.models.addresses import normalize_path, own_route
from issues.models.publishing import IS_PUBLISHED
from issues.models.site_version import Version
from text.newsletter import Link

# Routes of the lists that may be empty.
LISTS = ("tags", "authors", "publications")
# Whether an issue is out. Questions within a question: PostgreSQL would take 2 ms to plan the same with joins.
_IS_OUT = f"(SELECT {IS_PUBLISHED} FROM issues_issue WHERE issues_issue.id = issue_id)"  # noqa: S608
_IS_PRINTED = f"(SELECT {_IS_OUT} FROM issues_article WHERE issues_article.id = {{article}})"  # noqa: S608
# In SQL, because every page asks this, and Django would take 3 ms to build it. A tag of punctuation has no address.
_THERE = f"""
    SELECT path FROM issues_address WHERE path = ANY(%(paths)s) AND (
        {_IS_OUT} OR (SELECT is_published FROM issues_page WHERE issues_page.id = page_id)
    )
    UNION ALL SELECT 'tags' WHERE EXISTS (
        SELECT FROM issues_tagging
        WHERE {_IS_PRINTED.format(article="issues_tagging.content_object_id")}
            AND (SELECT slug <> '' FROM taggit_tag WHERE taggit_tag.id = tag_id)
    )
    UNION ALL SELECT 'authors' WHERE EXISTS (
        SELECT FROM issues_authorship WHERE {_IS_PRINTED.format(article="issues_authorship.article_id")}
    )
    UNION ALL SELECT 'publications' WHERE EXISTS (
        SELECT FROM issues_article WHERE publication_id IS NOT NULL AND {_IS_OUT}
    )
"""  # noqa: S608


def find_targets(links: Iterable[Link] = (), version: Version | None = None) -> set[str]:
    """Return which lists are not empty, by their routes, and which links lead to a page, by their addresses.

    Links to other sites, and to what is always there, such as /archive/, are among them. One query; none if the same
    was asked before under this version of the site.
    """
    paths = {link.address: _path_of(link.address) for link in links}
    wanted = tuple(path for path in paths.values() if path)
    there = _find_under(version, wanted) if version else _find(wanted)
    return there.intersection(LISTS) | {address for address, path in paths.items() if path is None or path in there}


@lru_cache(maxsize=1)
def _find_under(_version: Version, paths: tuple[str, ...]) -> set[str]:
    return _find(paths)


def _find(paths: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_THERE, {"now": timezone.now(), "paths": list(paths)})
        return {name for (name,) in cursor.fetchall()}


@lru_cache
def _path_of(address: str) -> str | None:
    """Return the path at which an issue or a page would have to be; None for any other address."""
    path = address.partition("#")[0].partition("?")[0]
    if not address.startswith("/") or path.strip("/") == "":
        return None
    is_own = own_route(path) or own_route(f"{path.rstrip('/')}/")
    return None if is_own else normalize_path(path)
