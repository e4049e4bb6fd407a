"""What providers report: only signed reports of the configured provider count, each once."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from mailings.envelopes import mark_of
from mailings.models.deliveries import Delivery
from mailings.models.reports import Report
from mailings.models.subscribers import State, Subscriber
from mailings.preparing import prepare
from mailings.webhooks import MOST_BYTES, VIEWS
from sreweekly.checks import check_provider
from tests.make import make_issue, make_page, make_subscriber

pytestmark = pytest.mark.django_db
SECRET, KEY = "ada:correct horse", "whsec_" + base64.b64encode(b"k" * 24).decode()
BASIC = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
NAMES = ["amazon_ses", "brevo", "mailgun", "postmark", "resend", "sparkpost"]
Signed = tuple[dict[str, str], Any]  # Headers and JSON.


def of_amazon_ses(event: str, mark: str, address: str, name: str) -> Signed:
    types = {"hard": "Bounce", "soft": "Bounce", "complaint": "Complaint", "open": "Open"}
    metadata = {"name": "X-Metadata", "value": json.dumps({"delivery": mark})}
    message = {
        "eventType": types[event],
        "mail": {"messageId": "m-1", "destination": [address], "headers": [metadata]},
        "bounce": {
            "bounceType": "Permanent" if event == "hard" else "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": address, "diagnosticCode": "smtp; 550 5.1.1 unknown"}],
        },
        "complaint": {"complainedRecipients": [{"emailAddress": address}]},
    }
    body = {"Type": "Notification", "MessageId": name, "Timestamp": "2026-11-28T04:00:00Z"}
    headers = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": name}
    return BASIC | headers, body | {"Message": json.dumps(message)}


def of_brevo(event, mark, address, name):
    events = {"hard": "hard_bounce", "soft": "soft_bounce", "complaint": "spam", "open": "unique_opened"}
    custom = json.dumps({"delivery": mark})
    now = int(time.time() * 1000) + int(name)
    return BASIC, {
        "event": events[event],
        "email": address,
        "ts_epoch": now,
        "message-id": "m-1",
        "X-Mailin-custom": custom,
    }


def of_mailgun(event, mark, address, name):
    kinds = {
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce"},
        "soft": {"event": "failed", "severity": "temporary", "reason": "generic"},
        "complaint": {"event": "complained"},
        "open": {"event": "opened"},
    }
    now = str(int(time.time()))
    signature = hmac.new(KEY.encode(), f"{now}{name}".encode(), hashlib.sha256).hexdigest()
    data = {
        **kinds[event],
        "recipient": address,
        "timestamp": time.time(),
        "message": {"headers": {"message-id": "<m-1>"}},
        "user-variables": {"delivery": mark},
        "delivery-status": {"code": 550, "message": "5.1.1 No such user"},
    }
    return {}, {"signature": {"timestamp": now, "token": name, "signature": signature}, "event-data": data}


def of_postmark(event, mark, address, name):
    kinds = {
        "hard": {"RecordType": "Bounce", "Type": "HardBounce"},
        "soft": {"RecordType": "Bounce", "Type": "SoftBounce"},
        "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint"},
        "open": {"RecordType": "Open"},
    }
    own = {"ID": name, "Email": address, "MessageID": "m-1", "Metadata": {"delivery": mark}, "Details": "550 no"}
    return BASIC, kinds[event] | own | {"BouncedAt": timezone.now().isoformat()}


def of_resend(event, mark, address, name):
    types = {"hard": "email.bounced", "soft": "email.bounced", "complaint": "email.complained", "open": "email.opened"}
    data: dict[str, Any] = {
        "email_id": "m-1",
        "to": [address],
        "headers": [{"name": "X-Metadata", "value": json.dumps({"delivery": mark})}],
    }
    if types[event] == "email.bounced":
        data["bounce"] = {"message": "a bounce message", "type": "Permanent" if event == "hard" else "Transient"}
    body = {"type": types[event], "created_at": timezone.now().isoformat(), "data": data}
    now = str(int(time.time()))
    signed = f"{name}.{now}.{json.dumps(body)}".encode()
    signature = base64.b64encode(hmac.digest(b"k" * 24, signed, hashlib.sha256)).decode()
    return {"svix-id": name, "svix-timestamp": now, "svix-signature": f"v1,other v1,{signature}"}, body


def of_sparkpost(event, mark, address, name):
    types = {"hard": "bounce", "soft": "bounce", "complaint": "spam_complaint", "open": "open"}
    own = {
        "type": types[event],
        "event_id": name,
        "raw_rcpt_to": address,
        "transmission_id": "m-1",
        "timestamp": str(int(time.time())),
        "rcpt_meta": {"delivery": mark},
    }
    if types[event] == "bounce":
        own["bounce_class"] = "10" if event == "hard" else "22"
    return BASIC, [{"msys": {"message_event": own}}]


BUILDERS = dict(zip(NAMES, [of_amazon_ses, of_brevo, of_mailgun, of_postmark, of_resend, of_sparkpost], strict=True))


@pytest.fixture(params=NAMES)
def provider(request, settings, monkeypatch) -> str:
    configure(settings, request.param)
    # Of boto3, which is only installed for Amazon SES.
    monkeypatch.setattr("anymail.webhooks.amazon_ses._get_anymail_boto3_params", lambda kwargs: ({}, {}))
    return request.param


def configure(settings, name):
    mailer = {"BACKEND": f"anymail.backends.{name}.EmailBackend", "OPTIONS": {}}
    settings.MAILERS = {**settings.MAILERS, "newsletter": mailer}
    signs = name in ("mailgun", "resend")
    settings.MAILING_WEBHOOK_SECRET, settings.MAILING_WEBHOOK_KEY = ([], KEY) if signs else ([SECRET], "")


@pytest.fixture
def delivery(db) -> Delivery:
    """A delivery that was sent."""
    make_subscriber("ada@example.com", confirmed_at=timezone.now() - timedelta(days=9))
    mailing = prepare(make_issue(articles=1))
    Delivery.objects.update(state="sent", settled_at=timezone.now())
    return mailing.deliveries.get()


def mark(delivery: Delivery) -> str:
    assert delivery.subscriber
    return mark_of(delivery.pk, delivery.mailing.token, delivery.subscriber.token)


def post(client, provider, signed: Signed):
    headers, body = signed
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(f"/mail-reports/{provider}/", content, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("event", "kind", "state"),
    [
        ("hard", "bounced", State.BOUNCED),
        ("soft", "put_off", State.ACTIVE),
        ("complaint", "complained", State.COMPLAINED),
    ],
)
def test_report_is_kept_and_followed_once(client, provider, delivery, event, kind, state):
    signed = BUILDERS[provider](event, mark(delivery), "other@example.com", "7")
    for _ in range(2):
        assert post(client, provider, signed).status_code == 200
    report = Report.objects.get()
    assert (report.kind, report.delivery, report.source) == (kind, delivery, provider)
    assert Subscriber.objects.get().state == state


def test_opens_are_not_kept(client, provider, delivery):
    assert post(client, provider, BUILDERS[provider]("open", mark(delivery), "ada@example.com", "7")).status_code == 200
    assert not Report.objects.exists()


def test_report_without_a_genuine_mark_is_found_by_its_recipient(client, provider, delivery):
    forged = mark(delivery)[:-3] + "aaa"
    Delivery.objects.update(provider_id="<m-1>" if provider == "mailgun" else "m-1")
    post(client, provider, BUILDERS[provider]("hard", forged, "ada@example.com", "7"))
    assert Report.objects.get().delivery == delivery
    assert Subscriber.objects.get().state == State.BOUNCED


def test_report_of_an_unknown_message_is_kept_without_a_delivery(client, provider):
    assert post(client, provider, BUILDERS[provider]("hard", "", "nobody@example.com", "7")).status_code == 200
    report = Report.objects.get()
    assert (report.delivery, report.subscriber) == (None, None)


def test_reports_out_of_order_leave_the_stronger_one(client, provider, delivery):
    for event, name in (("complaint", "2"), ("hard", "1"), ("soft", "0")):
        post(client, provider, BUILDERS[provider](event, mark(delivery), "ada@example.com", name))
    assert Report.objects.count() == 3
    assert Subscriber.objects.get().state == State.COMPLAINED


def unsigned(provider, headers, body):
    if provider == "mailgun":
        return headers, body | {"signature": body["signature"] | {"signature": "0" * 64}}
    if provider == "resend":
        return {**headers, "svix-timestamp": str(int(time.time()) - 3600)}, body
    return {**headers, "Authorization": f"Basic {base64.b64encode(b'ada:wrong').decode()}"}, body


def test_report_with_a_wrong_signature_is_refused_without_details(client, provider, delivery):
    headers, body = BUILDERS[provider]("hard", mark(delivery), "ada@example.com", "7")
    response = post(client, provider, unsigned(provider, headers, body))
    assert (response.status_code, response.content) == (403, b"")
    assert not Report.objects.exists()


def test_report_without_a_signature_is_refused(client, provider, delivery):
    _, body = BUILDERS[provider]("hard", mark(delivery), "ada@example.com", "7")
    if provider == "mailgun":
        del body["signature"]
    # Amazon signs in after it was asked to.
    assert post(client, provider, ({}, body)).status_code == (401 if provider == "amazon_ses" else 403)
    assert not Report.objects.exists()


def post_raw(client, provider, body: bytes):
    """Post a body that is signed, but for Mailgun's signature, which is a part of it."""
    headers, _ = BUILDERS[provider]("hard", "", "ada@example.com", "7")
    if provider == "resend":
        signed = b"7." + headers["svix-timestamp"].encode() + b"." + body
        signature = base64.b64encode(hmac.digest(b"k" * 24, signed, hashlib.sha256)).decode()
        headers = {**headers, "svix-signature": f"v1,{signature}"}
    return post(client, provider, (headers, body))


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_malformed_json_is_refused(client, provider, body):
    response = post_raw(client, provider, body)
    is_unsigned = provider == "mailgun" and not body.startswith(b"[")
    assert response.status_code == (403 if is_unsigned else 400)


@pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"null", b"{}", b'[{"msys": 7}]', b'{"event-data": 7}'])
def test_json_of_another_shape_changes_nothing(client, provider, body):
    assert post_raw(client, provider, body).status_code in (200, 400, 403)
    assert not Report.objects.exists()


def test_enormous_report_is_refused(client, provider):
    assert post_raw(client, provider, b" " * (MOST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "x"])
def test_length_that_is_none_is_refused(client, provider, length):
    response = client.generic("POST", f"/mail-reports/{provider}/", b"{}", "application/json", CONTENT_LENGTH=length)
    assert response.status_code == 413


def test_halves_of_letters_break_nothing(client, provider, delivery):
    headers, body = BUILDERS[provider]("hard", "", "ada@example.com", "7")
    written = json.dumps(body).replace("m-1", "m\\ud800-1").replace("ada@", "ada\\ud800@").encode()
    if provider == "amazon_ses":
        written = json.dumps(body).replace("m-1", "m\\\\ud800-1").replace("ada@", "ada\\\\ud800@").encode()
    assert b"ud800" in written
    if provider == "resend":
        assert post_raw(client, provider, written).status_code == 200
    else:
        assert post(client, provider, (headers, written)).status_code == 200
    assert Report.objects.get().kind == "bounced"


@pytest.mark.parametrize("moment", [10**17, 1e18, -1e18])
def test_time_beyond_the_calendar_is_refused(client, settings, moment):
    configure(settings, "sparkpost")
    headers, body = of_sparkpost("soft", "", "ada@example.com", "7")
    body[0]["msys"]["message_event"]["timestamp"] = moment
    assert post(client, "sparkpost", (headers, body)).status_code == 400


def test_many_events_in_one_report(client, settings, delivery, django_assert_num_queries):
    configure(settings, "sparkpost")
    events = [of_sparkpost("soft", mark(delivery), "ada@example.com", str(number))[1][0] for number in range(50)]
    assert post(client, "sparkpost", (BASIC, events)).status_code == 200
    assert Report.objects.count() == 50
    with django_assert_num_queries(6):
        post(client, "sparkpost", (BASIC, events[:1]))


def test_outage_of_the_database_has_the_provider_try_again(client, provider, monkeypatch, delivery):
    def fail(reported):
        raise OperationalError("the database is away")

    monkeypatch.setattr("mailings.webhooks.take", fail)
    client.raise_request_exception = False
    response = post(client, provider, BUILDERS[provider]("hard", mark(delivery), "ada@example.com", "7"))
    assert response.status_code == 503


def test_only_the_provider_that_sends_issues_has_an_address(client, provider, settings):
    signed = BUILDERS[provider]("hard", "", "ada@example.com", "7")
    assert client.head(f"/mail-reports/{provider}/").status_code == 200
    assert client.get(f"/mail-reports/{provider}/").status_code == 405
    for other in {*NAMES, "mandrill", "x"} - {provider}:
        assert post(client, other, signed).status_code == 404
    settings.MAILING_WEBHOOK_SECRET, settings.MAILING_WEBHOOK_KEY = [], ""
    assert post(client, provider, signed).status_code == 404
    settings.MAILERS = {**settings.MAILERS, "newsletter": settings.MAILERS["default"]}
    settings.MAILING_WEBHOOK_SECRET = [SECRET]
    assert post(client, provider, signed).status_code == 404


@pytest.mark.parametrize(
    ("secret", "key"),
    [("", "whsec_"), (":", "???"), (" ", " "), ("None", "whsec_*"), ("ada:", "short"), ("correct horse battery", "")],
)
def test_what_proves_nothing_in_the_settings_opens_no_address(client, provider, settings, secret, key):
    settings.MAILING_WEBHOOK_SECRET, settings.MAILING_WEBHOOK_KEY = [secret], key
    assert client.head(f"/mail-reports/{provider}/").status_code == 404


def test_what_proves_nothing_is_not_taken_beside_what_does(client, provider, settings, delivery):
    settings.MAILING_WEBHOOK_SECRET, settings.MAILING_WEBHOOK_KEY = [SECRET, ":"], ""
    headers, body = BUILDERS[provider]("hard", mark(delivery), "ada@example.com", "7")
    empty = f"Basic {base64.b64encode(b':').decode()}"
    status = 404 if provider == "mailgun" else 403
    assert post(client, provider, ({**headers, "Authorization": empty}, body)).status_code == status


def test_subscription_of_sns_is_confirmed_through_amazon_s_library_and_no_address_of_the_body(
    client, settings, monkeypatch
):
    configure(settings, "amazon_ses")
    monkeypatch.setattr("anymail.webhooks.amazon_ses._get_anymail_boto3_params", lambda kwargs: ({}, {}))
    confirmed: list[dict[str, str]] = []

    class Sns:
        def confirm_subscription(self, **arguments):
            confirmed.append(arguments)

        def close(self):
            pass

    def connect(*arguments):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(VIEWS["amazon_ses"], "get_boto_client", lambda self, name, **arguments: Sns())
    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    body = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "7",
        "TopicArn": "arn:aws:sns:eu-west-1:1:bounces",
        "Token": "t",
        "SubscribeURL": "http://127.0.0.1:1/",
        "SigningCertURL": "http://127.0.0.1:1/",
    }
    headers = {"x-amz-sns-message-type": body["Type"], "x-amz-sns-message-id": "7"}
    for unsigned in ({}, {"Authorization": "Basic OnNob3J0"}):
        assert post(client, "amazon_ses", (headers | unsigned, body)).status_code in (401, 403)
    assert confirmed == []
    assert post(client, "amazon_ses", (headers | BASIC, body)).status_code == 200
    assert [(one["TopicArn"], one["Token"]) for one in confirmed] == [(body["TopicArn"], "t")]


def test_answer_is_in_no_cache(client, provider):
    response = post(client, provider, BUILDERS[provider]("open", "", "ada@example.com", "7"))
    assert "no-store" in response["Cache-Control"]


def test_page_of_wordpress_keeps_its_address(client):
    make_page(slug="mail-reports", body="By mail")
    assert b"By mail" in client.get("/mail-reports/").content


@pytest.mark.parametrize("provider", NAMES[1:], indirect=True)  # Amazon's backend needs boto3.
def test_site_warns_if_nothing_proves_the_reports(provider, settings):
    settings.MAILERS["newsletter"]["OPTIONS"] = {"server_token" if provider == "postmark" else "api_key": "key"}
    assert check_provider() == []
    settings.MAILING_WEBHOOK_SECRET, settings.MAILING_WEBHOOK_KEY = [], ""
    assert [found.id for found in check_provider()] == ["sreweekly.W003"]
    settings.MAILERS["newsletter"]["OPTIONS"] = {}
    assert [found.id for found in check_provider()] == ["sreweekly.E003"]


def test_other_servers_report_nothing(sink):
    assert check_provider() == []
