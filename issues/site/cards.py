"""The pictures of issues as they are stored: drawn once, and kept for all web processes."""

from issues.models.cards import IssueCard
from issues.models.issues import Issue
from issues.printing.cards import card_digest, draw_issue_card


def stored_card(issue: Issue) -> bytes:
    """Return the PNG of an issue loaded by with_contents(), and draw it first if it is not there yet (0.1 s).

    One query, and one more to store a new drawing. Two processes that draw at once draw the same picture; the second
    replaces the first's.
    """
    digest = card_digest(issue)
    if card := IssueCard.objects.filter(issue=issue, digest=digest).first():
        return bytes(card.png)
    png = draw_issue_card(issue)
    IssueCard.objects.bulk_create(
        [IssueCard(issue=issue, digest=digest, png=png)],
        update_conflicts=True,
        unique_fields=["issue"],
        update_fields=["digest", "png"],
    )
    return png
