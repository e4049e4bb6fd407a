"""The ETag and Last-Modified of a feed, known before anything of it is rendered."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from issues.feeds.documents import Feed
from issues.models.issues import Issue
from issues.site.versions import digest_of, last_modified_of


class FeedVersion(NamedTuple):
    """Both move when an issue comes out or is corrected; the ETag alone when one is withdrawn or settings change.

    The ETag is weak, because the same feed is sent in several encodings: RFC 9110, section 8.8.3.3.
    """

    etag: str
    last_modified: datetime


def version_of(feed: Feed, printed: Iterable[tuple[object, Issue]], *moments: datetime) -> FeedVersion:
    """Return the version of a feed with these entries, each given as its key and its issue.

    `moments` are further times at which the document changed.
    """
    keys, issues = zip(*printed, strict=True) if (printed := list(printed)) else ((), ())
    configuration = (settings.SITE_URL, settings.STATIC_URL, settings.NEWSLETTER_NAME, settings.LANGUAGE_CODE)
    return FeedVersion(
        etag=f'W/"{digest_of(issues, feed, keys, configuration)}"',
        last_modified=max([last_modified_of(issues), *moments]),
    )
