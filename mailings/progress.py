"""How far a mailing is: what its page at the desk shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from mailings.models.deliveries import Delivery
from mailings.models.mailings import Counts, Mailing

# Points of the curve, and domains in the table.
POINTS, MOST_DOMAINS = 60, 12
# The rate is that of so many seconds.
RECENT = timedelta(minutes=2)
_CURVE = """
    WITH span AS (SELECT min(settled_at) AS begins, max(settled_at) AS ends FROM mailings_delivery
        WHERE mailing_id = %(mailing)s AND state IN ('sent', 'refused', 'unknown'))
    SELECT begins, ends, width_bucket(
            extract(epoch FROM settled_at), extract(epoch FROM begins), extract(epoch FROM ends) + 0.001, %(points)s
        ) AS point, count(*)
    FROM mailings_delivery, span
    WHERE mailing_id = %(mailing)s AND state IN ('sent', 'refused', 'unknown')
    GROUP BY begins, ends, point ORDER BY point
"""
_DOMAINS = """
    SELECT coalesce(nullif(delivery.domain, ''), '(forgotten)'),
        count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state IN ('waiting', 'sending')),
        count(*) FILTER (WHERE state = 'refused'), count(*) FILTER (WHERE state = 'unknown'),
        max(delay.until) FILTER (WHERE delay.until > now()), max(delay.reason)
    FROM mailings_delivery AS delivery LEFT JOIN mailings_domaindelay AS delay ON delay.domain = delivery.domain
    WHERE mailing_id = %(mailing)s AND state <> 'left_out'
    GROUP BY 1 ORDER BY count(*) DESC, 1
"""


@dataclass(frozen=True)
class Domain:
    name: str
    sent: int
    waiting: int
    refused: int
    unknown: int
    delayed_until: datetime | None
    reason: str


@dataclass(frozen=True)
class Progress:
    counts: Counts
    per_minute: int
    ends_at: datetime | None  # If it goes on as in the last minutes.
    begins: datetime | None
    last: datetime | None
    curve: str  # Points of a polyline in a box of 760 by 140, from the first to the last settled delivery.
    domains: list[Domain]
    other_domains: int
    reasons: list[tuple[str, str, int]]  # State, reason and how many, the most frequent first.

    @property
    def done(self) -> int:
        return self.counts.prepared - self.counts.open


def load_progress(mailing: Mailing) -> Progress:
    """Five queries. With 100,000 deliveries they take 0.2 seconds."""
    counts = mailing.counts()
    recent = Delivery.objects.filter(mailing=mailing, settled_at__gt=timezone.now() - RECENT).count()
    is_running = mailing.status == Mailing.Status.SENDING and counts.open
    per_minute = round(recent / (RECENT.total_seconds() / 60)) if is_running else 0
    with connection.cursor() as cursor:
        cursor.execute(_CURVE, {"mailing": mailing.pk, "points": POINTS})
        settled = cursor.fetchall()
        cursor.execute(_DOMAINS, {"mailing": mailing.pk})
        domains = [Domain(*row) for row in cursor.fetchall()]
    return Progress(
        counts=counts,
        per_minute=per_minute,
        ends_at=timezone.now() + timedelta(minutes=counts.open / per_minute) if per_minute else None,
        begins=settled[0][0] if settled else None,
        last=settled[0][1] if settled else None,
        curve=_curve([(point, count) for *_, point, count in settled], counts.prepared),
        domains=domains[:MOST_DOMAINS],
        other_domains=len(domains[MOST_DOMAINS:]),
        reasons=list(_reasons(mailing)),
    )


def _reasons(mailing: Mailing) -> QuerySet:
    told = Delivery.objects.filter(mailing=mailing).exclude(reason="").order_by()
    return told.values_list("state", "reason").annotate(count=Count("pk")).order_by("-count", "reason")[:30]


def _curve(settled: list[tuple[int, int]], total: int) -> str:
    """Return how many were settled by each point of time, as points of SVG."""
    counts = dict(settled)
    sums = enumerate(accumulate(counts.get(point, 0) for point in range(POINTS + 1)))
    return " ".join(f"{760 * point / POINTS:.0f},{140 - 140 * sum_ / max(1, total):.1f}" for point, sum_ in sums)
