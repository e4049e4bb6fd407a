"""Addresses of this site, current and former, and the issue or page that each leads to."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When
from django.urls import ResolverMatch, resolve, reverse

from issues.models.publishing import is_published

# An Issue or a Page. Their modules import this one.
type Addressed = Any
# Characters of a path. Slugs have at most 100; a longer permalink of WordPress is left out.
MAX_LENGTH = 500
# Characters from which on an address can be guessed.
SHORTEST_START = 3
# Slugs that issues and pages may not have: the first parts of addresses that the site uses, or used in WordPress.
RESERVED_SLUGS = {
    *("accounts", "search", "static"),
    *("author", "category", "comments", "page", "tag", "wp-admin", "wp-content", "wp-includes", "wp-json"),
}


class AddressQuerySet(models.QuerySet["Address"]):
    def published(self) -> Self:
        """Addresses of issues and pages that readers may see."""
        return self.filter(is_published("issue") | Q(page__is_published=True))

    def at(self, path: str) -> "Address | None":
        """Return the address with this path, ignoring case, with its issue and page. One query."""
        return self.select_related("issue", "page").filter(path=normalize_path(path)).first()

    def nearest(self, paths: list[str]) -> "Address | None":
        """Return the address with the first of these paths that there is, with its issue and page. One query.

        If there is none, guess as WordPress does: return the oldest current address that begins with the last path. A
        number does not go on: “issue-4” may become “issue-4-2”, but not “issue-40”. One or two letters are no start.
        """
        start = f"{paths[-1]}-" if paths[-1][-1].isdigit() else paths[-1]
        ranks = [When(path=path, then=rank) for rank, path in enumerate(paths)]
        goes_on = Q(path__startswith=start, is_current=True) if len(start) >= SHORTEST_START else Q()
        found = self.filter(Q(path__in=paths) | goes_on)
        ordered = found.order_by(Case(*ranks, default=len(paths)), F("issue__publish_at").asc(nulls_last=True), "path")
        return ordered.select_related("issue", "page").first()

    def current(self, row: Addressed) -> "Address":
        """Return an unsaved address for the row's slug, to create many at once."""
        return Address(path=normalize_path(row.slug), is_current=True, **_owner(row))

    def make_current(self, row: Addressed) -> None:
        """Make the row's slug its current address. The previous one redirects, or is deleted if no reader has seen it.

        One query if nothing changes. Raises IntegrityError if another row has or had the address.
        """
        before = self.filter(**_owner(row), is_current=True).first()
        path = normalize_path(row.slug)
        if before and before.path == path:
            return
        if before and hasattr(row, "guid") and not row.guid:
            before.delete()  # Readers have never seen this issue.
        elif before:
            before.is_current = False
            before.save(update_fields=["is_current"])
        if not self.filter(**_owner(row), path=path).update(is_current=True):
            self.current(row).save()

    def add_former(self, row: Addressed, *paths: str) -> None:
        """Let these paths redirect to the row. A path that another row has or had stays with that row. One query."""
        Address.objects.bulk_create(_former(row, *paths), ignore_conflicts=True)

    def add_wordpress(self, posts: Iterable[tuple[Addressed, int, str]]) -> None:
        """Let the addresses that WordPress gave posts redirect to their rows: the permalink and ?p=ID. One query.

        `posts` holds the row, the post's id and its permalink.
        """
        former = [
            address
            for row, post_id, permalink in posts
            for address in _former(row, path_of_post(post_id), unquote(urlsplit(permalink).path))
        ]
        Address.objects.bulk_create(former, ignore_conflicts=True)


class Address(models.Model):
    """One address of an issue or a page. A former one redirects to the current one permanently."""

    path = models.CharField(max_length=MAX_LENGTH, help_text="See normalize_path().")
    issue = models.ForeignKey("issues.Issue", models.CASCADE, null=True, related_name="addresses")
    page = models.ForeignKey("issues.Page", models.CASCADE, null=True, related_name="addresses")
    is_current = models.BooleanField(default=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(fields=["path"], name="address_path_unique"),
            models.UniqueConstraint(fields=["issue"], condition=Q(is_current=True), name="address_of_issue_current"),
            models.UniqueConstraint(fields=["page"], condition=Q(is_current=True), name="address_of_page_current"),
            models.CheckConstraint(
                condition=Q(issue__isnull=True, page__isnull=False) | Q(issue__isnull=False, page__isnull=True),
                name="address_of_issue_or_page",
            ),
        ]

    def __str__(self):
        return f"/{self.path}/"

    @property
    def row(self) -> Addressed:
        """The issue or page that the address leads to."""
        return self.issue or self.page


def normalize_path(path: str) -> str:
    """Return a decoded path as it is stored: in lower case, without slashes at its ends.

    Examples: “sre-weekly-issue-4”, “2016/05/17/sre-weekly-issue-23”, “?p=123”.
    """
    return path.strip("/").lower()


def path_of_post(post_id: int) -> str:
    """Return the short address that WordPress gave a post. The guid of an imported issue ends with it."""
    return f"?p={post_id}"


@lru_cache(maxsize=16_384)
def url_of(route: str, *args: str) -> str:
    """Return the path of a route, such as url_of("issue", slug). Cached, because reverse() takes 8 µs."""
    return reverse(route, args=args)


def validate_slug(slug: str, row: Addressed) -> None:
    """Raise ValidationError if the site itself uses this address, or another issue or page has or had it."""
    if is_reserved(slug):
        sentence = "The site itself uses this address. Choose another."
        raise ValidationError({"slug": ValidationError(sentence, code="reserved")})
    taken = Address.objects.at(slug)
    if taken and taken.row != row:
        sentence = f"“{taken.row}” has or had this address. Choose another."
        raise ValidationError({"slug": ValidationError(sentence, code="unique")})


def is_reserved(slug: str) -> bool:
    """Return whether the site itself uses this address."""
    return slug in RESERVED_SLUGS or own_route(f"/{slug}/") is not None


def own_route(address: str) -> ResolverMatch | None:
    """Return what the site itself has at this address. None where an issue or a page would be."""
    match = resolve(address)
    return None if match.url_name in ("issue", "elsewhere") else match


def _owner(row: Addressed) -> dict[str, Addressed]:
    return {str(row._meta.model_name): row}


def _former(row: Addressed, *paths: str) -> list[Address]:
    known = dict.fromkeys(map(normalize_path, paths))
    return [Address(path=path, **_owner(row)) for path in known if 0 < len(path) <= MAX_LENGTH]
