"""What tells one state of a feed from another, before anything of it is rendered."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings

from issues.feeds.documents import Feed
from issues.models.issues import Issue
from issues.printing.version import RENDERED_SINCE

# Since when entries are put into feeds as they are now; RENDERED_SINCE tells the same of the contents of issues.
WRITTEN_SINCE = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


class Version(NamedTuple):
    """Both move when an issue comes out or is corrected; the ETag alone when one is withdrawn or settings change.

    The ETag is weak, because the same feed goes out in several encodings: RFC 9110, section 8.8.3.3.
    """

    etag: str
    last_modified: datetime

    @classmethod
    def of(cls, feed: Feed, printed: Iterable[tuple[object, Issue]], *since: datetime) -> "Version":
        """`printed` are what tells the entries apart, each with its issue; `since` further times of change."""
        rows = list(printed)
        state = (
            feed,
            [(key, i.guid, i.slug, i.title, i.publish_at, i.updated_at) for key, i in rows],
            (settings.SITE_URL, settings.STATIC_URL, settings.NEWSLETTER_NAME, settings.LANGUAGE_CODE),
            (RENDERED_SINCE, WRITTEN_SINCE),
        )
        return cls(
            etag=f'W/"{hashlib.sha256(repr(state).encode()).hexdigest()}"',
            last_modified=max([RENDERED_SINCE, WRITTEN_SINCE, *since, *(issue.changed_at for _, issue in rows)]),
        )
