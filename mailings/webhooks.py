"""Reports of the provider that sends issues: signed requests to /mail-reports/<provider>/.

anymail's views check the signature and read the events. They hand each event to a signal of Django; as this project has
none, they get a list in its place.
"""

import base64
import hashlib
import hmac
import re
import time
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView, SvixWebhookValidationMixin
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailings.answers import is_no_mailbox
from mailings.envelopes import delivery_marked
from mailings.models.reports import Report
from mailings.reporting import Reported, take
from mailings.sending.providers import METADATA
from mailings.streams import STREAM

Kind = Report.Kind
# Bytes. SparkPost sends many events at once, the others one.
MOST_BYTES = 5 * 2**20
# Seconds by which a signed request may be late: as https://docs.svix.com/receiving/verifying-payloads/how-manual.
MOST_LATE = 5 * 60
# Letters of a password, and bytes of a key: shorter ones are a slip in the settings, and prove nothing.
SHORTEST = 8
# What a request that is signed, but no report of this provider, makes of anymail's parsing. OSError: a time that the
# system's calendar does not reach.
_OF_PYTHON = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)
_MALFORMED = (AnymailError, ImproperlyConfigured, *_OF_PYTHON)
_SUPPRESSED = {
    RejectReason.BOUNCED: Kind.BOUNCED,
    RejectReason.INVALID: Kind.BOUNCED,
    RejectReason.SPAM: Kind.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Kind.LEFT,
}


class ResendView(ResendTrackingWebhookView):
    """anymail checks Resend's signature with the library svix. It is an HMAC, so this project does without."""

    warn_if_no_basic_auth = False
    signing_key = ""

    def __init__(self, signing_key: str = "", **kwargs: Any) -> None:
        self.signing_key = signing_key
        self._svix_webhook = None
        super(SvixWebhookValidationMixin, self).__init__(**kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        if not self.signing_key:
            return
        parts = ("id", "timestamp", "signature")
        name, sent_at, signatures = (request.headers.get(f"svix-{part}", "") for part in parts)
        signed = f"{name}.{sent_at}.".encode() + request.body
        genuine = base64.b64encode(hmac.digest(_key_of_resend(self.signing_key), signed, hashlib.sha256)).decode()
        is_signed = any(hmac.compare_digest(f"v1,{genuine}".encode(), one.encode()) for one in signatures.split(" "))
        is_late = not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > MOST_LATE
        if not is_signed or is_late:
            raise AnymailWebhookValidationFailure("The signature is wrong or too old.")


def _key_of_resend(signing_key: str) -> bytes:
    """Return the bytes of a key such as “whsec_…”, or b"" if it is none."""
    try:
        return base64.b64decode(signing_key.removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


VIEWS: dict[str, type[AnymailBaseWebhookView]] = {
    "amazon_ses": AmazonSESTrackingWebhookView,
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "resend": ResendView,
    "sparkpost": SparkPostTrackingWebhookView,
}
# The options that take MAILING_WEBHOOK_KEY. The other providers sign nothing: the secret in the address proves them.
KEYS = {"mailgun": "webhook_signing_key", "resend": "signing_key"}


class _Events(list[AnymailTrackingEvent]):
    """Replaces anymail's signal."""

    def send(self, sender: object, event: AnymailTrackingEvent, esp_name: str) -> None:
        self.append(event)


def sending_provider() -> str:
    """Return the provider that sends issues, as in the address of its reports. "" if it is none of VIEWS."""
    backend = str(settings.MAILERS[STREAM]["BACKEND"])
    found = re.fullmatch(r"anymail\.backends\.(\w+)\.EmailBackend", backend)
    return found[1] if found and found[1] in VIEWS else ""


def reporting_provider() -> str:
    """Return the provider that sends issues, if something proves its reports; else ""."""
    provider = sending_provider()
    # anymail checks Mailgun's signature in any case.
    return provider if _key(provider) or (_secrets() and provider != "mailgun") else ""


def _key(provider: str) -> str:
    """Return the key with which this provider signs, or "" if there is none that proves anything."""
    key = settings.MAILING_WEBHOOK_KEY.strip() if provider in KEYS else ""
    return key if len(_key_of_resend(key) if provider == "resend" else key) >= SHORTEST else ""


def _secrets() -> list[str]:
    """Return those of “user:password” that prove something."""
    written = [secret.strip() for secret in settings.MAILING_WEBHOOK_SECRET]
    return [secret for secret in written if len(secret.partition(":")[2]) >= SHORTEST]


@csrf_exempt
@require_http_methods(["HEAD", "POST"])  # Some ask with HEAD whether the address is there.
@cache_control(private=True, no_store=True)
def receive(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Take what a provider reports. While the database is away it answers 503, and the provider tries again."""
    if provider != reporting_provider():
        raise Http404("This provider sends no issues.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > MOST_BYTES:
        return HttpResponse("This is too long.", status=413, content_type="text/plain")
    events = _Events()
    view = _view_of(provider)
    view.signal = events
    try:
        response = view.dispatch(request)
        reported = [one for event in events if (one := _reported(event, provider))]
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except _MALFORMED:
        return HttpResponse("This is no report.", status=400, content_type="text/plain")
    for one in reported:
        take(one)
    return response


def _view_of(provider: str) -> AnymailBaseWebhookView:
    options: dict[str, Any] = {"webhook_secret": _secrets()}
    if provider in KEYS:
        options[KEYS[provider]] = _key(provider)
    return VIEWS[provider](**options)


def _reported(event: AnymailTrackingEvent, provider: str) -> Reported | None:
    """Return what an event says. None if nothing follows from it: opens and clicks are not wanted, nor kept."""
    reason = " ".join(str(words) for words in (event.description, event.mta_response) if words)
    if (kind := _kind_of(event, provider, reason)) is None:
        return None
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    delivery = delivery_marked(str(metadata.get(METADATA, "")))
    # The same if it is reported again. Amazon SES gives the events of many recipients one name.
    named = (event.event_id or event.timestamp, event.event_type, event.message_id, event.recipient)
    return Reported(
        kind=kind,
        key=f"{provider} {hashlib.sha256(repr(named).encode()).hexdigest()}",
        source=provider,
        reported_at=event.timestamp or timezone.now(),
        reason=reason or str(event.reject_reason or event.event_type),
        delivery=delivery.pk if delivery else None,
        provider_id=_plain(event.message_id)[:200],
        address=_plain(event.recipient)[:320],
    )


def _plain(value: Any) -> str:
    """Return it without NUL and halves of a letter (surrogates): JSON may have them, and PostgreSQL takes neither."""
    return str(value or "").encode("utf-8", "ignore").decode().replace("\0", "")


def _kind_of(event: AnymailTrackingEvent, provider: str, reason: str) -> Kind | None:
    match event.event_type:
        case EventType.COMPLAINED:
            return Kind.COMPLAINED
        case EventType.UNSUBSCRIBED:
            return Kind.LEFT
        case EventType.BOUNCED:
            return Kind.BOUNCED if _is_hard(event.esp_event, provider, reason) else Kind.PUT_OFF
        case EventType.REJECTED:  # By the provider, because of what happened before.
            return _SUPPRESSED.get(event.reject_reason, Kind.PUT_OFF)
        case EventType.DEFERRED | EventType.FAILED:
            return Kind.PUT_OFF
    return None


def _is_hard(raw: Any, provider: str, reason: str) -> bool:
    """Return whether the provider calls a bounce permanent. anymail's events do not tell it from others."""
    match provider:
        case "amazon_ses":
            return raw["bounce"]["bounceType"] == "Permanent"
        case "brevo":
            return raw["event"] in ("hard_bounce", "invalid_email")
        case "postmark":
            return "HardBounce" in (raw.get("Type"), raw.get("SuppressionReason"))
        case "resend":
            return raw["data"]["bounce"].get("type") == "Permanent"
        case "sparkpost":  # 10 is an invalid recipient, 30 none: as in anymail's table.
            (event,) = raw["msys"].values()
            return str(event.get("bounce_class")) in ("10", "30")
    data = raw.get("event-data", {}) if isinstance(raw, dict) else {}
    return data.get("reason") == "suppress-bounce" or is_no_mailbox(reason)
