"""What happened to a subscriber: for the desk, and for themselves."""

from datetime import datetime

from django.db.models import F

from mailings.models.reports import Report
from mailings.models.subscribers import Subscriber


def events_of(subscriber: Subscriber) -> list[tuple[datetime, str, str]]:
    """Return what happened, in the order of time: when, what, and details. One query."""
    happened = [
        (subscriber.created_at, "Added", subscriber.source),
        (subscriber.confirmed_at, "Confirmed", subscriber.consent),
        (subscriber.bounced_at, "Bounced", subscriber.bounce),
        (subscriber.left_at, "Left", ""),
        (subscriber.complained_at, "Complained", ""),
        (subscriber.written_at, "Last letter about the subscription", ""),
    ]
    return sorted((when, what, details) for when, what, details in happened if when)


def held_about(subscriber: Subscriber) -> dict[str, object]:
    """Return everything that is held about them, for themselves. Tokens are left out. Two queries."""
    names = (field.name for field in subscriber._meta.concrete_fields)
    own = {name: getattr(subscriber, name) for name in names if name not in ("id", "key", "token", "new_token")}
    issue = F("mailing__issue__title")
    mails = subscriber.deliveries.values("address", "state", "reason", "settled_at", issue=issue)
    reports = Report.objects.filter(subscriber=subscriber).values(
        "kind", "status", "reason", "source", "reported_at", issue=F("delivery__mailing__issue__title")
    )
    return {"state": subscriber.state, **own, "mails": list(mails), "reports": list(reports)}
