"""ETag and Last-Modified of feeds, editions and downloads (RFC 9110, section 8.8).

Both change with the contents, and with the code that prints them: PRINTING_CODE is part of every ETag, and
Last-Modified is never older than the time at which this code came into use.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from django.conf import settings

from issues.models.issues import Issue
from issues.models.printings import PrintingCode
from issues.printing.version import PRINTING_CODE

# The fields of an issue that digest_of() reads.
VERSION_FIELDS = ("guid", "slug", "title", "publish_at", "updated_at")


@cache
def printed_since() -> datetime:
    """Return when the site began to print with the code of this process. One query in the life of a process."""
    return PrintingCode.objects.in_use_since(PRINTING_CODE)


def digest_of(issues: Iterable[Issue], *state: object) -> str:
    """Return a digest that changes with anything these issues print, with the list of issues, and with `state`.

    It reads no contents: `updated_at` moves with every correction.
    """
    rows = [tuple(getattr(issue, name) for name in VERSION_FIELDS) for issue in issues]
    return hashlib.sha256(repr((rows, state, PRINTING_CODE)).encode()).hexdigest()


def etag_of(issues: Iterable[Issue]) -> str:
    """Return the ETag of an edition or a download that prints these issues."""
    configuration = (settings.SITE_URL, settings.NEWSLETTER_NAME, settings.NEWSLETTER_PUBLISHER, settings.TIME_ZONE)
    return f'"{digest_of(issues, configuration)}"'


def last_modified_of(issues: Iterable[Issue]) -> datetime:
    """Return Last-Modified: the time from which programs could get the present contents."""
    return max([printed_since(), *(issue.changed_at for issue in issues)])
