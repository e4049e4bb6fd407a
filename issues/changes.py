"""The one door through which anything printed is changed.

    with changing(issues, user, "article placed") as change:
        ...  # Change rows, nothing else.

On entering, the rows of the issues are locked in the order of their keys, and the state before is kept as a revision
where no revision holds it. On leaving, the contents are loaded once. From that one load follow version and revision,
digest and updated_at, the rows of search, preflight of scheduled issues (an issue that has a stop becomes a draft),
checks of links, and jobs for the publication. So nobody who changes a row has to remember what follows from it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
from issues.preflight import Finding, Level, links_of, preflight
from issues.printing.version import digest
from issues.search.index import index_issues
from issues.tasks import defer_publication

# Issues that are loaded at once.
BATCH = 100


@contextmanager
def changing(
    issues: Iterable[Issue] | Iterable[int] = (), user: User | AnonymousUser | None = None, cause: str = "saved"
) -> Iterator["Change"]:
    """Open the door for a change of rows that these issues print. Give issues or their keys.

    Everything happens in one transaction. `cause` is what the history of the issues says. Do not nest: an issue that
    two blocks hold gets two revisions. For up to a hundred issues eleven queries, and six more if contents changed.
    """
    with transaction.atomic():
        change = Change(user, cause)
        change.include(issues)
        yield change
        change.follow_up()


@contextmanager
def changing_page(page: Page, user: User | AnonymousUser | None = None, cause: str = "saved") -> Iterator[None]:
    """Open the door for a change of a page: keep its words as a revision, before and after. Five queries."""
    with transaction.atomic():
        before = Page.objects.select_for_update().filter(pk=page.pk).first()
        if before and not before.revisions.filter(version=before.version).exists():
            _keep_page(before, None, "as it was")
        yield
        if before is None or contents_of_page(page) != contents_of_page(before):
            page.version = before.version + 1 if before else page.version
            page.save(update_fields=["version"])
            _keep_page(page, user if isinstance(user, User) else None, cause)


class Change:
    """What happens inside changing()."""

    def __init__(self, user: User | AnonymousUser | None, cause: str):
        self.user = user if isinstance(user, User) else None  # None for a command or a task.
        self.cause = cause
        # The locked rows, by key.
        self.issues: dict[int, Issue] = {}
        # Issues whose printed contents differ from before.
        self.printed: list[Issue] = []
        # For the editor: a sentence for each scheduled issue that became a draft.
        self.sentences: list[str] = []
        self._before: dict[int, dict[str, Any] | None] = {}  # Contents by key; None for an issue that is new.
        self._loaded: dict[int, Issue] = {}
        self._checked: set[int] = set()

    def include(self, issues: Iterable[Issue] | Iterable[int]) -> None:
        """Lock more issues, before any of their rows change. Two queries, and seven more if one has no revision."""
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
        """Include an issue that was made inside the block."""
        self._before[issue.pk] = None

    def load(self, issue: Issue) -> Issue:
        """Load what the issue prints into this instance. From then on change it by its own methods only."""
        issue.load_contents()
        self._loaded[issue.pk] = issue
        return issue

    def check(self, issue: Issue) -> list[Finding]:
        """Run preflight for an editor, who decides on its result: follow_up() does not run it again."""
        self._checked.add(issue.pk)
        return preflight(issue)

    def follow_up(self) -> None:
        """Load the contents, and do what follows from them. changing() calls it."""
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
        """Make a scheduled issue a draft if preflight stops it. It would be published by the clock alone."""
        if not issue.is_approved or issue.is_published or self._is_new(issue) or issue.pk in self._checked:
            return
        stops = [finding for finding in preflight(issue) if finding.level == Level.STOP]
        if stops:
            issue.withdraw()
            more = f" (and {len(stops) - 1} more in its preflight)" if len(stops) > 1 else ""
            sentence = format_html("{} is a draft again, because something stops it: {}{}", issue, stops[0].text, more)
            self.sentences.append(sentence)

    def _note_digest(self, issue: Issue) -> bool:
        """Return whether something printed changed. An issue that is new keeps the updated_at that it was given."""
        before, issue.contents_digest = issue.contents_digest, digest(issue)
        if issue.contents_digest == before and not self._is_new(issue):
            return False
        if not self._is_new(issue):
            issue.updated_at = timezone.now()
        return True

    def _request_links(self, issues: list[Issue]) -> None:
        """Have links checked in the background; those of a published issue only if an editor changes it alone."""
        checked = [issue for issue in issues if not issue.is_published or (self.user and len(self._before) == 1)]
        FetchedPage.objects.request(link.address for issue in checked for link in links_of(issue))

    def _defer_publication(self, issue: Issue) -> None:
        """Defer the jobs of an issue that was approved or got another time. An imported one may be out for years."""
        before = (self._before[issue.pk] or {}).get("issue")
        now = contents_of(issue)["issue"]
        is_unchanged = before and all(before[name] == now[name] for name in ("status", "publish_at"))
        if issue.is_approved and not is_unchanged and not (self._is_new(issue) and issue.is_published):
            defer_publication(issue)

    def _is_new(self, issue: Issue) -> bool:
        return self._before[issue.pk] is None


def _revision(issue: Issue, user: User | None, cause: str) -> IssueRevision:
    return IssueRevision(
        issue=issue,
        version=issue.version,
        saved_at=timezone.now(),
        saved_by=user,
        cause=cause,
        contents=contents_of(issue),
    )


def _keep_page(page: Page, user: User | None, cause: str) -> None:
    PageRevision.objects.create(
        page=page,
        version=page.version,
        saved_at=timezone.now(),
        saved_by=user,
        cause=cause,
        contents=contents_of_page(page),
    )
