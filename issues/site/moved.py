"""Where what had another address is today."""

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db.models import F, Q, Value

from issues.models.addresses import address_of
from issues.models.issues import Issue
from issues.models.pages import Page


def current_address(path: str) -> str | None:
    """Of the published issue or page that has this path in other letters, or had it. One query.

    The path is letters, digits, hyphens and slashes, with none at its ends. What was imported had the path of its
    permalink, whatever its address became here.
    """
    quoted = quote(path.lower()).lower()  # As WordPress writes them.
    ends = Q(permalink__endswith=f"/{quoted}/") | Q(permalink__endswith=f"/{quoted}")
    posts, none = F("wordpress_post__permalink"), Value("")
    issues, pages = Issue.objects.published().order_by(), Page.objects.published().order_by()
    # A union, because an OR across tables looks at every pair of rows.
    first, *others = (
        rows.annotate(rank=Value(rank)).values_list("slug", "permalink", "rank")
        for rank, rows in enumerate(
            [
                issues.filter(slug__iexact=path).annotate(permalink=none),
                pages.filter(slug__iexact=path).annotate(permalink=none),
                issues.filter(previous_slugs__slug__iexact=path).annotate(permalink=none),
                issues.annotate(permalink=posts).filter(ends),
                pages.annotate(permalink=posts).filter(ends),
            ]
        )
    )
    for slug, permalink, _rank in first.union(*others).order_by("rank"):
        if not permalink or urlsplit(permalink).path.strip("/") == quoted:
            return address_of(slug)
    return settings.OLD_ADDRESSES.get(path.lower())


def address_of_post(post_id: int) -> str | None:
    """Of the published issue or page that WordPress had under this number. One query for an issue, else two."""
    row = (
        Issue.objects.published().filter(wordpress_post__post_id=post_id).first()
        or Page.objects.published().filter(wordpress_post__post_id=post_id).first()
    )
    return row.get_absolute_url() if row else None
