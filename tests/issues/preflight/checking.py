"""Run one check on an issue as preflight() loads it."""

from collections.abc import Iterable
from typing import Any

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding
from issues.preflight.passages import links_of, passages_of


def reload(issue: Issue) -> Issue:
    return Issue.objects.with_contents().get(pk=issue.pk)


def run(check, issue: Issue, **given: Any) -> list[Finding]:
    """Return the findings of a check that is given nothing but the issue's texts and links, and `given`."""
    issue = reload(issue)
    return list(check(CheckedIssue(issue, passages_of(issue), links_of(issue), **given)))


def found(check, issue: Issue, **given: Any) -> list[tuple[str, str, str]]:
    """Return the level, code and field of each finding."""
    return summaries(run(check, issue, **given))


def summaries(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.level.label, finding.code, finding.anchor) for finding in findings]


def answer(url: str, outcome: str = "ok", **fields: Any) -> dict[str, FetchedPage]:
    """Return CheckedIssue.pages with one page that was fetched, and never saved."""
    page = FetchedPage(url=url, outcome=outcome, **{"final_url": url, "fetched_at": "2026-11-23T12:00Z", **fields})
    return {url: page}
