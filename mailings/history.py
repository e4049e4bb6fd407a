"""What happened to a subscriber: for the desk, and for themselves."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F

from mailings.models.reports import Report
from mailings.models.subscribers import Subscriber
from mailings.reporting import failures_in_a_row

# On the page of a subscriber.
MOST_REPORTS = 50


def events_of(subscriber: Subscriber) -> list[tuple[datetime, str, str]]:
    """Return what happened, in the order of time: when, what, and details. Two queries at most."""
    reports = list(_reports_of(subscriber))
    is_reported = any(subscriber.bounce in told for *_, told in reports)
    happened = [
        (subscriber.created_at, "Added", subscriber.source),
        (subscriber.confirmed_at, "Confirmed", subscriber.consent),
        (subscriber.bounced_at, "Bounced: not mailed any more", "" if is_reported else subscriber.bounce),
        (subscriber.left_at, "Left", ""),
        (subscriber.complained_at, "Complained", ""),
        (subscriber.written_at, "Last letter about the subscription", ""),
        *reports,
    ]
    return sorted((when, what, details) for when, what, details in happened if when)


def _reports_of(subscriber: Subscriber) -> Iterator[tuple[datetime, str, str]]:
    """Yield the latest reports. The last one says how many mailings in a row failed, if any report was a bounce."""
    reports = list(subscriber.reports.all()[:MOST_REPORTS])
    is_any_bounce = any(report.kind in (Report.Kind.BOUNCED, Report.Kind.PUT_OFF) for report in reports)
    row = len(failures_in_a_row(subscriber)) if is_any_bounce else 0
    for place, report in enumerate(reports):
        told = [report.reason]
        if not report.is_proven:
            told.append("It does not say which message it is about, so nothing followed.")
        if row and not place:
            told.append(f"Mailings in a row that failed: {row}.")
        yield report.reported_at, f"Reported: {report.get_kind_display()}", " ".join(filter(None, told))


def held_about(subscriber: Subscriber) -> dict[str, object]:
    """Return everything that is held about them, for themselves. Tokens are left out. Two queries."""
    names = (field.name for field in subscriber._meta.concrete_fields)
    own = {name: getattr(subscriber, name) for name in names if name not in ("id", "key", "token", "new_token")}
    issue = F("mailing__issue__title")
    mails = subscriber.deliveries.values("address", "state", "reason", "settled_at", issue=issue)
    reports = subscriber.reports.values(
        "kind", "status", "reason", "source", "reported_at", issue=F("delivery__mailing__issue__title")
    )
    return {"state": subscriber.state, **own, "mails": list(mails), "reports": list(reports)}
