"""The mark of a delivery: in its Message-ID and its envelope sender, and so in what is reported about it.

A mark is the number of the delivery and a code (HMAC-SHA256) that is made from the subscriber's token and the
mailing's. Neither SECRET_KEY nor a table is needed to check it, so it holds for years. Only whoever has the message can
know it, and they have the link to leave anyway. Nothing shorter would do: everybody who gets a mailing would know its
token, and the numbers of deliveries can be counted through.
"""

import base64
import hashlib
import hmac
import re
from itertools import islice

from django.conf import settings

from mailings.models.deliveries import Delivery

# Letters: 80 bits. In base 32, because some servers write addresses in small letters.
CODE_LENGTH = 16
_MARK = re.compile(rf"(?<![\w-])([0-9]{{1,18}})-([a-z2-7]{{{CODE_LENGTH}}})(?![\w-])")


def mark_of(delivery: int, mailing_token: str, subscriber_token: str) -> str:
    signed = hmac.digest(subscriber_token.encode(), f"{mailing_token}.{delivery}".encode(), hashlib.sha256)
    return f"{delivery}-{base64.b32encode(signed).decode().lower()[:CODE_LENGTH]}"


def bounce_address(mark: str) -> str:
    """Return the envelope sender of the delivery with this mark, or '' if there is no mailbox for bounces."""
    local, at, domain = settings.MAILING_BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{mark}{at}{domain}" if at else ""


def find_marks(content: bytes) -> list[str]:
    """Return up to ten texts in a mail that look like marks, in their order."""
    found = _MARK.finditer(content.decode("ascii", "replace").lower())
    return list(islice(dict.fromkeys(mark[0] for mark in found), 10))


def delivery_marked(text: str) -> Delivery | None:
    """Return the delivery that an address or a Message-ID is about, if its mark is genuine. At most one query."""
    if not (found := _MARK.search(text.lower())):
        return None
    deliveries = Delivery.objects.select_related("mailing", "subscriber").defer("mailing__html", "mailing__text")
    delivery = deliveries.filter(pk=int(found[1]), subscriber__isnull=False).first()
    if delivery is None or delivery.subscriber is None:
        return None
    genuine = mark_of(delivery.pk, delivery.mailing.token, delivery.subscriber.token)
    return delivery if hmac.compare_digest(genuine, found[0]) else None
