"""The one door through which everything printed is changed.

    with changing(issues, user, "article placed") as change:
        ...  # Change rows, nothing else.

On entering, the issues are locked in the order of their keys, and their state is kept as a revision if no revision
holds it. On leaving, their contents are loaded once and everything that depends on them is updated: version, revision,
digest and updated_at, search rows, link checks, and the jobs for publication. A scheduled issue that preflight stops
becomes a draft. Code that changes a row does none of this itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import batched
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.revisions import IssueRevision, PageRevision, contents_of, contents_of_page
from issues.preflight import Level, links_of, preflight
from issues.printing.version import digest
from issues.search.index import index_issues
from issues.tasks import defer_publication

# Issues that are loaded at once.
BATCH = 100


@contextmanager
def changing(
    issues: Iterable[Issue] | Iterable[int] = (), user: User | AnonymousUser | None = None, cause: str = "saved"
) -> Iterator["Change"]:
    """Change rows that these issues print, in one transaction. Takes issues or their keys.

    `cause` appears in the history of the issues. Do not nest blocks: an issue in both would get two revisions.
    Ten queries for up to a hundred issues, and four more if their contents changed. What preflight, checks of links and
    deferred jobs need comes on top.
    """
    with transaction.atomic():
        change = Change(user, cause)
        change.include(issues)
        yield change
        change.follow_up()


@contextmanager
def changing_page(page: Page, user: User | AnonymousUser | None = None, cause: str = "saved") -> Iterator[None]:
    """Keep revisions of `page` before and after this block, which changes and saves it. At most five more queries."""
    with transaction.atomic():
        before = Page.objects.select_for_update().filter(pk=page.pk).first()
        if before and not before.revisions.filter(version=before.version).exists():
            _revision(before, None, "as it was").save()
        yield
        if before is None or contents_of_page(page) != contents_of_page(before):
            if before:
                page.version = before.version + 1
                page.save(update_fields=["version"])
            _revision(page, user if isinstance(user, User) else None, cause).save()


class Change:
    """What changing() yields: the issues of one block, and the updates that follow their changes."""

    def __init__(self, user: User | AnonymousUser | None, cause: str):
        self.user = user if isinstance(user, User) else None  # None for a command or a task.
        self.cause = cause
        # The locked rows, by key.
        self.issues: dict[int, Issue] = {}
        # Issues with printed contents that differ from before.
        self.printed: list[Issue] = []
        # For the editor: a sentence for each scheduled issue that became a draft.
        self.sentences: list[str] = []
        self._before: dict[int, dict[str, Any] | None] = {}  # Contents by key; None for an issue that is new.
        self._loaded: dict[int, Issue] = {}
        self._checked: set[int] = set()

    def include(self, issues: Iterable[Issue] | Iterable[int]) -> None:
        """Lock more issues. Two queries, and seven more if one has no revision of its present state."""
        keys = {issue.pk if isinstance(issue, Issue) else issue for issue in issues} - self._before.keys()
        for some in batched(sorted(keys), BATCH, strict=False):
            locked = Issue.objects.filter(pk__in=some).order_by("pk").select_for_update(no_key=True)
            rows = {issue.pk: issue for issue in locked}
            self.issues |= rows
            latest = IssueRevision.objects.latest_of(rows)
            kept = {key: latest[key] for key in rows if key in latest and latest[key].version == rows[key].version}
            self._before |= {key: revision.contents for key, revision in kept.items()}
            if missing := rows.keys() - kept.keys():
                found = list(Issue.objects.with_contents().filter(pk__in=missing))
                self._before |= {issue.pk: contents_of(issue) for issue in found}
                IssueRevision.objects.bulk_create([_revision(issue, None, "as it was") for issue in found])

    def add(self, issue: Issue) -> None:
        """Include an issue that was added inside the block."""
        self._before[issue.pk] = None

    def load(self, issue: Issue) -> Issue:
        """Load the issue's contents into this instance, and return it.

        follow_up() uses it instead of loading the contents again, and would miss later changes of other rows.
        """
        issue.load_contents()
        self._loaded[issue.pk] = issue
        return issue

    def approve(self, issue: Issue, publish_at: datetime) -> None:
        """Approve an issue that the editor has just checked: follow_up() does not run preflight again."""
        self._checked.add(issue.pk)
        issue.approve(publish_at)

    def follow_up(self) -> None:
        """Update everything that depends on the contents. Called by changing()."""
        for keys in batched(sorted(self._before), BATCH, strict=False):
            unloaded = [key for key in keys if key not in self._loaded]
            found = list(Issue.objects.with_contents().filter(pk__in=unloaded)) if unloaded else []
            self._follow_up(found + [self._loaded[key] for key in keys if key in self._loaded])

    def _follow_up(self, issues: list[Issue]) -> None:
        for issue in issues:
            self._withdraw_if_stopped(issue)
        changed = [issue for issue in issues if contents_of(issue) != self._before[issue.pk]]
        for issue in changed:
            issue.version += not self._is_new(issue)
        reprinted = [issue for issue in issues if self._note_digest(issue)]
        if saved := list(dict.fromkeys([*changed, *reprinted])):
            Issue.objects.bulk_update(saved, ["version", "contents_digest", "updated_at"])
        IssueRevision.objects.bulk_create([_revision(issue, self.user, self.cause) for issue in changed])
        index_issues(reprinted)
        self.printed += reprinted
        self._request_links(issues)
        for issue in changed:
            self._defer_publication(issue)

    def _withdraw_if_stopped(self, issue: Issue) -> None:
        """Make a scheduled issue a draft if preflight stops it. Otherwise the clock alone would publish it."""
        if not issue.is_approved or issue.is_published or self._is_new(issue) or issue.pk in self._checked:
            return
        stops = [finding for finding in preflight(issue) if finding.level == Level.STOP]
        if stops:
            issue.withdraw()
            more = f" (and {len(stops) - 1} more: see preflight)" if len(stops) > 1 else ""
            sentence = format_html("{} is a draft again. Preflight stops it: {}{}", issue, stops[0].text, more)
            self.sentences.append(sentence)

    def _note_digest(self, issue: Issue) -> bool:
        """Set the digest and updated_at. Return whether anything printed changed. A new issue keeps its updated_at."""
        before, issue.contents_digest = issue.contents_digest, digest(issue)
        if self._is_new(issue):
            return True
        if issue.contents_digest == before:
            return False
        issue.updated_at = timezone.now()
        return True

    def _request_links(self, issues: list[Issue]) -> None:
        """Request link checks in the background. Skip published issues, unless an editor changes one issue alone."""
        checked = [issue for issue in issues if not issue.is_published or (self.user and len(self._before) == 1)]
        FetchedPage.objects.request(link.address for issue in checked for link in links_of(issue))

    def _defer_publication(self, issue: Issue) -> None:
        """Defer jobs for an issue that was approved or rescheduled, unless it was imported as already published."""
        before = (self._before[issue.pk] or {}).get("issue")
        now = contents_of(issue)["issue"]
        is_unchanged = before and all(before[name] == now[name] for name in ("status", "publish_at"))
        if issue.is_approved and not is_unchanged and not (self._is_new(issue) and issue.is_published):
            defer_publication(issue)

    def _is_new(self, issue: Issue) -> bool:
        return self._before[issue.pk] is None


def _revision(row: Issue | Page, user: User | None, cause: str) -> Any:
    """Return an unsaved revision of the present state."""
    state: dict[str, Any] = {"version": row.version, "saved_at": timezone.now(), "saved_by": user, "cause": cause}
    if isinstance(row, Page):
        return PageRevision(page=row, contents=contents_of_page(row), **state)
    return IssueRevision(issue=row, contents=contents_of(row), **state)
