"""The one rule of which issues readers may see. Of pages it is Page.objects.published()."""

from django.db.models import Q
from django.utils import timezone


def is_published(issue: str = "") -> Q:
    """Approved, and its time has come. `issue` is the lookup that leads to the issue, such as "articles__issue"."""
    path = f"{issue}__" if issue else ""
    return Q(**{f"{path}status": "approved", f"{path}publish_at__lte": timezone.now()})
