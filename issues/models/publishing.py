"""The rule that decides which issues readers may see. For pages, see Page.objects.published()."""

from django.db.models import Q
from django.utils import timezone

# The same rule for statements in SQL, with `now` as a parameter.
IS_PUBLISHED = "status = 'approved' AND publish_at <= %(now)s"


def is_published(issue: str = "") -> Q:
    """Return the condition “approved, and its time has passed”. `issue` is a lookup such as "articles__issue"."""
    path = f"{issue}__" if issue else ""
    return Q(**{f"{path}status": "approved", f"{path}publish_at__lte": timezone.now()})
