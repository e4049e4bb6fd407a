"""One check at a time, on an issue as preflight() is given it."""

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known


def load(issue: Issue) -> Issue:
    return Issue.objects.with_contents().get(pk=issue.pk)


def run(check, issue: Issue, **known) -> list[Finding]:
    return list(check(load(issue), Known(**known)))


def found(check, issue: Issue, **known) -> list[tuple[str, str]]:
    """Level and field of each finding."""
    return [(finding.level.label, finding.anchor) for finding in run(check, issue, **known)]


def answer(url: str, outcome: str = "ok", **fields) -> dict[str, FetchedPage]:
    """Known.pages with one page that was asked, and never saved."""
    page = FetchedPage(url=url, outcome=outcome, **{"final_url": url, "fetched_at": "2026-11-23T12:00Z", **fields})
    return {url: page}
