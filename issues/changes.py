"""The one door for changes of what is printed."""

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from issues.models.issues import Issue, IssueQuerySet
from issues.printing.version import digest
from issues.search.index import index_issues


def note_changes(issues: IssueQuerySet) -> int:
    """Move updated_at of those of which something printed changed, and let search know; return how many did.

    To be called after anything printed was saved: an article's blurb, an author's name.
    Six queries for every hundred issues, and one for each that changed, besides search's. No row of history.
    """
    moved = []
    for issue in issues.with_contents().iterator(chunk_size=100):
        contents_digest = digest(issue)
        if contents_digest != issue.contents_digest:
            Issue.objects.filter(pk=issue.pk).update(contents_digest=contents_digest, updated_at=timezone.now())
            moved.append(issue.pk)
    index_issues(Issue.objects.filter(pk__in=moved))
    return len(moved)


def save_versions(issues: IssueQuerySet, user: User | AnonymousUser | None, cause: str) -> int:
    """To be called after anything of these issues was saved; returns of how many something printed changed.

    A number of queries that is the same for a hundred.
    """
    issues.count_up_versions(user, cause)
    return note_changes(issues)
