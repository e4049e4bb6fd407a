"""For demonstration: two hundred invented subscribers of example domains (RFC 2606), in all states, and a mailing.

The mailing goes into a folder: DEBUG has no other way.
"""

import random
from datetime import datetime, timedelta
from itertools import product

from django.db import transaction
from django.utils import timezone

from issues.models.issues import Issue
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber, columns_of
from mailings.models.suppressions import Suppression, digest_of
from mailings.preparing import make_deliveries
from mailings.reporting import MAILBOX, Kind, Reported, take
from mailings.sending.worker import send
from text.mailboxes import read_mailbox

COUNT = 200
DAYS = 730
_FIRST = "Ada Boris Chiara Dinesh Elif Farid Greta Hiro Ines Jonas Kira Lech Mona Nils Olga Pavel Quinn Rosa Sami Tove"
_LAST = "abara brandt costa duarte eklund fischer garcia haddad ito jensen"
_DOMAINS = ("example.com", "example.com", "example.org", "example.net", "mail.example.com", "bücher.example")
_SOURCES = (
    ("form: /subscribe/", "ticked at the form, confirmed by mail"),
    ("form: an issue’s page", "ticked at the form, confirmed by mail"),
    ("import: Mailchimp, audience.zip", "agreed at Mailchimp"),
)
# What is reported of the mailing.
_CAME_BACK = (
    (Kind.PUT_OFF, "452 4.2.2 The mailbox is full."),
    (Kind.BOUNCED, "550 5.1.1 The mailbox does not exist."),
    (Kind.PUT_OFF, "550 5.7.1 The message looks like spam."),
)


@transaction.atomic
def load_demonstration_of_subscribers() -> int:
    """Fill an empty table, and return how many there are. The same people each time, at dates before now."""
    if Subscriber.objects.exists():
        return Subscriber.objects.count()
    chance = random.Random(531)  # noqa: S311 Nothing is kept secret with it.
    names = [f"{first.lower()}.{last}" for first, last in product(_FIRST.split(), _LAST.split())][:COUNT]
    chance.shuffle(names)
    now = timezone.now()
    Subscriber.objects.bulk_create(_make(name, index, chance, now) for index, name in enumerate(names))
    for number, reason in enumerate(Suppression.Reason.values):
        mailbox = read_mailbox(f"gone{number}@example.org")
        address = "" if reason == Suppression.Reason.FORGOTTEN else mailbox.address
        Suppression.objects.create(digest=digest_of(mailbox.key), address=address, reason=reason)
    return COUNT


def load_demonstration_of_a_mailing() -> int:
    """Send the latest issue to the subscribers, and return how many got it. Do nothing if there is a mailing."""
    latest = Issue.objects.published().first()
    if latest is None or Mailing.objects.exists():
        return 0
    with transaction.atomic():
        mailing = Mailing.objects.for_issue(latest)
        make_deliveries(mailing)
    send(mailing)
    for place, delivery in enumerate(mailing.deliveries.filter(state="sent").order_by("pk")[:9]):
        kind, reason = _CAME_BACK[place % 3]
        reported = Reported(kind, f"demonstration {delivery.pk}", MAILBOX, timezone.now(), reason, delivery=delivery.pk)
        take(reported)
    return mailing.counts().sent


def _make(name: str, index: int, chance: random.Random, now: datetime) -> Subscriber:
    source, consent = _SOURCES[chance.choices((0, 1, 2), (3, 2, 4))[0]]
    # More of them lately.
    added = now - timedelta(days=DAYS * chance.random() ** 1.4, minutes=5)
    confirmed = min(added + timedelta(minutes=chance.randrange(1, 300)), now)
    later = confirmed + (now - confirmed) * chance.random()
    fields: dict[str, object] = {"created_at": added, "confirmed_at": confirmed}
    # Of 20: 14 are active.
    match index % 20:
        case 0 | 1:
            fields["left_at"] = later
        case 2:
            fields |= {"bounced_at": later, "bounce": "550 5.1.1 The mailbox does not exist."}
        case 3:
            fields["confirmed_at"] = None
        case 4:
            fields["paused_until"] = now + timedelta(days=chance.randrange(1, 28))
        case 5 if index % 60 == 5:
            fields["complained_at"] = later
    address = f"{name}@{chance.choice(_DOMAINS)}"
    given = consent if fields["confirmed_at"] else ""
    return Subscriber(**columns_of(read_mailbox(address)), source=source, consent=given, **fields)
