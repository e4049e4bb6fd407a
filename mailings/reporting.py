"""Take reports about deliveries, and end subscriptions if a report demands it.

A report must not let anybody end the subscription of somebody else. So it needs a proof of what it is about:
a delivery that the caller has verified (envelopes.delivery_marked), a subscriber's token, or a provider's signature,
which the caller has checked. An address alone proves nothing in a mail: such a report is kept, and nothing follows.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from mailings.answers import IS_BLOCK, find_status, plain_reason
from mailings.models.deliveries import Delivery
from mailings.models.reports import Report
from mailings.models.subscribers import State, Subscriber
from text.mailboxes import key_of

Kind = Report.Kind
# The source of what came by mail. Any other is a provider, which signs its reports.
MAILBOX = "mailbox"
# So many mailings in a row that failed, the first of them so long ago, end a subscription.
MOST_FAILED, FAILED_FOR = 5, timedelta(weeks=2)
MOST_LOOKED_AT = 500
# A mailing arrived if no report has come by then. Servers try for so long: RFC 5321, section 4.5.4.1.
ARRIVED_AFTER = timedelta(days=5)
# A message of a provider's that is not found by its recipient is looked for among those of so many days.
FOUND_FOR = timedelta(days=30)
# No mailing is older.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reported:
    """What a report says. `delivery` must be verified, and a source other than MAILBOX must be authenticated."""

    kind: Kind
    key: str  # The same if it is reported again.
    source: str
    reported_at: datetime
    reason: str = ""
    status: str = ""
    delivery: int | None = None
    token: str = ""  # Subscriber.token.
    provider_id: str = ""  # Delivery.provider_id.
    address: str = ""  # Not kept.


def take(reported: Reported) -> Report | None:
    """Keep a report, and do what follows from it. Return None if it is known already.

    - A hard bounce and a complaint end the subscription at once. After a complaint the address is suppressed, too.
    - A soft bounce ends it after a row of failures: five mailings or more that all failed (failures_in_a_row), the
      first of them two weeks ago or longer.
    - Nothing ends if the report is about an address that the subscriber has changed since, or older than their last
      confirmation. A bounce is as old as the mail that it is about.
    - A report about a message that is not known is kept, and nothing follows.
    """
    with transaction.atomic():
        delivery, subscriber = _find(reported)
        is_proven = subscriber is not None and _is_proven(reported, delivery)
        report, is_new = Report.objects.get_or_create(
            key=_short(reported.key),
            defaults={
                "kind": reported.kind,
                "delivery": delivery,
                "subscriber": subscriber,
                "is_proven": is_proven,
                "domain": _domain(delivery, subscriber),
                "status": find_status(reported.status) or find_status(reported.reason),
                "reason": plain_reason(reported.reason),
                "source": plain_reason(reported.source, 40),
                "reported_at": _past(reported.reported_at),
            },
        )
        if not is_new:
            return None
        if subscriber and is_proven and not _is_late(report, delivery, subscriber):
            _follow(report, subscriber)
    return report


def failures_in_a_row(subscriber: Subscriber) -> list[datetime]:
    """Return when the last mailings to this subscriber were sent that all failed, the newest first. One query.

    - A mailing failed if a bounce of it was reported, hard or soft, or if it was refused.
    - It arrived if no bounce was reported in five days after it was sent. That ends the row.
    - It does not count if it is younger, if it is unknown whether it was sent, or if it was blocked: 5.7.1 and the like
      are about the sender. Nor do mailings to an earlier address, or before the last confirmation.
    """
    bounces = Report.objects.filter(delivery=OuterRef("pk"), kind__in=[Kind.BOUNCED, Kind.PUT_OFF])
    sent = Delivery.objects.filter(
        subscriber=subscriber, address=subscriber.address, state__in=[Delivery.State.SENT, Delivery.State.REFUSED]
    )
    if subscriber.confirmed_at:
        sent = sent.filter(settled_at__gte=subscriber.confirmed_at)
    refused = Q(state=Delivery.State.REFUSED)
    failed = refused | Exists(bounces)
    blocked = refused & Q(reason__regex=IS_BLOCK) | Exists(bounces.filter(status__regex=IS_BLOCK))
    rows = sent.order_by("-settled_at", "-pk").values_list("settled_at", failed, blocked)[:MOST_LOOKED_AT]
    row, arrived_before = [], timezone.now() - ARRIVED_AFTER
    for settled_at, is_failed, is_blocked in rows:
        if is_failed and not is_blocked:
            row.append(settled_at)
        elif not is_failed and settled_at <= arrived_before:
            break
    return row


def has_failed_for_long(subscriber: Subscriber) -> bool:
    """Return whether the row of failures has five mailings or more, the first of them two weeks ago or longer."""
    row = failures_in_a_row(subscriber)
    return len(row) >= MOST_FAILED and row[-1] <= timezone.now() - FAILED_FOR


def stop_refused() -> None:
    """End subscriptions that servers have refused for long: no report comes then. One query for each refused one."""
    refused = Delivery.objects.filter(state=Delivery.State.REFUSED, settled_at__gte=timezone.now() - timedelta(days=3))
    for subscriber in Subscriber.objects.in_state(State.ACTIVE).filter(pk__in=refused.values("subscriber")):
        if has_failed_for_long(subscriber):
            subscriber.bounce_back(_in_a_row("Their server refused it."))


def _in_a_row(last: str) -> str:
    return f"{MOST_FAILED} mailings in a row failed. The last: {last}"


def _follow(report: Report, subscriber: Subscriber) -> None:
    match report.kind:
        case Kind.BOUNCED:
            subscriber.bounce_back(report.reason)
        case Kind.COMPLAINED:
            subscriber.complain(report.reported_at)
        case Kind.LEFT:
            subscriber.leave()
        case Kind.PUT_OFF if has_failed_for_long(subscriber):
            subscriber.bounce_back(_in_a_row(report.reason))


def _find(reported: Reported) -> tuple[Delivery | None, Subscriber | None]:
    """Return what a report is about. The subscriber is locked."""
    if reported.delivery is not None:
        delivery = Delivery.objects.filter(pk=reported.delivery).first()
        return delivery, _lock(delivery.subscriber_id if delivery else None)
    if reported.token:
        return None, Subscriber.objects.select_for_update().filter(token=reported.token).first()
    found = Subscriber.objects.by_address(reported.address) if reported.address else None
    if reported.provider_id and (delivery := _sent_as(reported, found)):
        return delivery, _lock(delivery.subscriber_id)
    return None, _lock(found.pk if found else None)


def _lock(subscriber: int | None) -> Subscriber | None:
    if subscriber is None:
        return None
    return Subscriber.objects.select_for_update().filter(pk=subscriber).first()


def _sent_as(reported: Reported, subscriber: Subscriber | None) -> Delivery | None:
    """Return the delivery of a provider's message. Some providers give all messages of a batch one name.

    There is no index for the name, as it would slow each mailing down.
    """
    same = Delivery.objects.filter(provider_id=reported.provider_id)
    if subscriber and (delivery := same.filter(subscriber=subscriber).order_by("-pk").first()):
        return delivery
    recent = same.filter(settled_at__gte=timezone.now() - FOUND_FOR)
    if reported.address:
        recent = recent.filter(address__iexact=reported.address.replace("\0", ""))
    found = list(recent[:2])
    return found[0] if len(found) == 1 else None


def _domain(delivery: Delivery | None, subscriber: Subscriber | None) -> str:
    """Return the domain of the report, or nothing if the reader was forgotten, maybe a moment ago."""
    if subscriber is None:
        return ""
    return delivery.domain if delivery else subscriber.domain


def _is_proven(reported: Reported, delivery: Delivery | None) -> bool:
    return delivery is not None or bool(reported.token) or reported.source != MAILBOX


def _is_late(report: Report, delivery: Delivery | None, subscriber: Subscriber) -> bool:
    """Return whether the report is about an address or a subscription that has changed since."""
    if delivery and key_of(delivery.address) != subscriber.key:
        return True
    happened = report.reported_at
    if delivery and delivery.settled_at and report.kind in (Kind.BOUNCED, Kind.PUT_OFF):
        happened = min(happened, delivery.settled_at)
    return subscriber.confirmed_at is not None and happened < subscriber.confirmed_at


def _past(moment: datetime) -> datetime:
    """Return the time with a zone, or now if it is impossible: clocks are wrong, and mails have invented dates."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if EARLIEST < moment < timezone.now() else timezone.now()


def _short(key: str) -> str:
    """Return a key that fits into its column."""
    is_fit = len(key) <= 200 and key.isprintable()
    return key if is_fit else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
