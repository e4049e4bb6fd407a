"""Sending through anymail's real backends to a server that answers as the provider's API does."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from issues.models.issues import Issue
from mailings.envelopes import mark_of
from mailings.models.deliveries import Delivery, DomainDelay
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.preparing import prepare
from mailings.sending.claiming import LOCK, Ledger, open_ledger
from mailings.sending.outcomes import ServerAwayError
from mailings.sending.providers import ProviderServer
from mailings.sending.worker import send
from tests.mailings.provider_api import DROP, Answer, Api, Request
from tests.make import make_issue, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


class Message(NamedTuple):
    """What all providers are given, in the spelling of each."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    metadata: dict[str, str]
    tracking: list[Any]


class Kind(NamedTuple):
    name: str
    options: dict[str, str]
    messages: Callable[[Request], list[Message]]
    taken: Callable[[Request], Any]  # What it answers when it takes the message or the batch.
    refused: Answer  # When it does not take a recipient.
    keeps_id: bool = False


def of_postmark(request):
    bodies = request.body if isinstance(request.body, list) else [request.body]
    return [
        Message(
            body["To"],
            body["Subject"],
            body["TextBody"],
            body["HtmlBody"],
            {header["Name"]: header["Value"] for header in body["Headers"]},
            body["Metadata"],
            [body["TrackOpens"], body["TrackLinks"]],
        )
        for body in bodies
    ]


def postmark_takes(request):
    answers = [
        {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{one.to}", "To": one.to} for one in of_postmark(request)
    ]
    return answers if isinstance(request.body, list) else answers[0]


def of_mailgun(request):
    variables = json.loads(request.body.get("recipient-variables", "{}"))
    found = []
    for to in request.body["to"].split(", "):
        body = dict(request.body)
        for name, value in variables.get(to, {}).items():
            body = {key: words.replace(f"%recipient.{name}%", str(value)) for key, words in body.items()}
        headers = {name[2:]: value for name, value in body.items() if name.startswith("h:")}
        metadata = {name[2:]: value for name, value in body.items() if name.startswith("v:")}
        tracking = [body["o:tracking-opens"], body["o:tracking-clicks"]]
        found.append(Message(to, body["subject"], body["text"], body["html"], headers, metadata, tracking))
    return found


def of_resend(request):
    bodies = request.body if isinstance(request.body, list) else [request.body]
    return [
        Message(
            body["to"][0],
            body["subject"],
            body["text"],
            body["html"],
            body["headers"],
            json.loads(body["headers"]["X-Metadata"]),
            [],
        )
        for body in bodies
    ]


def resend_takes(request):
    ids = [{"id": f"id-{one.to}"} for one in of_resend(request)]
    return {"data": ids} if isinstance(request.body, list) else ids[0]


def of_brevo(request):
    body = request.body
    versions = body.get("messageVersions") or [{"to": body["to"], "headers": {}, "params": {}}]
    found = []
    for version in versions:
        headers = body.get("headers", {}) | version["headers"]
        text, html = body["textContent"], body["htmlContent"]
        for name, value in version["params"].items():
            text, html = (words.replace(f"{{{{ params.{name} }}}}", value) for words in (text, html))
        metadata = json.loads(headers["X-Mailin-custom"])
        found.append(Message(version["to"][0]["email"], body["subject"], text, html, headers, metadata, []))
    return found


def brevo_takes(request):
    ids = [f"id-{one.to}" for one in of_brevo(request)]
    return {"messageIds": ids} if "messageVersions" in request.body else {"messageId": ids[0]}


def of_sparkpost(request):
    body = request.body
    (recipient,) = body["recipients"]
    content = body["content"]
    tracking = [body["options"]["open_tracking"], body["options"]["click_tracking"]]
    to = recipient["address"]["email"]
    return [
        Message(
            to, content["subject"], content["text"], content["html"], content["headers"], body["metadata"], tracking
        )
    ]


KINDS = [
    Kind(
        "postmark",
        {"server_token": "key"},
        of_postmark,
        postmark_takes,
        Answer(
            422, {"ErrorCode": 406, "Message": "Found inactive addresses: reader0@example.com. Inactive recipients"}
        ),
        keeps_id=True,
    ),
    Kind(
        "mailgun",
        {"api_key": "key"},
        of_mailgun,
        lambda request: {"id": "<id@example.com>", "message": "Queued. Thank you."},
        Answer(400, {"message": "to parameter is not a valid address. please check documentation"}),
        keeps_id=True,
    ),
    Kind(
        "resend",
        {"api_key": "key"},
        of_resend,
        resend_takes,
        Answer(422, {"name": "validation_error", "message": "Invalid `to` field."}),
    ),
    Kind(
        "brevo",
        {"api_key": "key"},
        of_brevo,
        brevo_takes,
        Answer(400, {"code": "invalid_parameter", "message": "email is not valid in to"}),
    ),
    Kind(
        "sparkpost",
        {"api_key": "key"},
        of_sparkpost,
        lambda request: {"results": {"id": "42", "total_accepted_recipients": 1, "total_rejected_recipients": 0}},
        Answer(200, {"results": {"id": "42", "total_accepted_recipients": 0, "total_rejected_recipients": 1}}),
    ),
]


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request) -> Kind:
    return request.param


@pytest.fixture
def api(kind, settings):
    api = Api(lambda request: Answer(200, kind.taken(request)))
    use(settings, kind, api.url)
    yield api
    api.stop()


def use(settings, kind, url, **options):
    backend = f"anymail.backends.{kind.name}.EmailBackend"
    options = {**kind.options, "api_url": url, "timeout": 10, **options}
    settings.MAILERS = {**settings.MAILERS, "newsletter": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture
def alone(monkeypatch):
    """Messages go one by one, though the provider takes batches."""
    monkeypatch.setattr("mailings.sending.providers.BATCH", 1)


def prepared(count=1) -> Mailing:
    for number in range(count):
        make_subscriber(f"reader{number}@example.com")
    return prepare(Issue.objects.get(pk=make_issue(articles=2).pk))


def rows(**fields):
    return list(Delivery.objects.filter(**fields).order_by("pk").values_list("state", "attempts"))


def check_own(message: Message, mailing: Mailing, keeps_id: bool) -> None:
    """Check that the message is its reader's own, and that the provider counts nothing."""
    subscriber = Subscriber.objects.get(address=message.to)
    leave = f"https://sreweekly.example/subscription/{subscriber.token}/leave/"
    headers = {name.lower(): value for name, value in message.headers.items()}
    assert headers["list-unsubscribe"] == f"<{leave}>"
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert headers["list-id"] == '"SRE Weekly" <newsletter.sreweekly.example>'
    delivery = Delivery.objects.get(subscriber=subscriber)
    named = mark_of(delivery.pk, mailing.token, subscriber.token)
    assert message.metadata == {"delivery": named}
    assert ("message-id" in headers) == keeps_id
    if keeps_id:
        assert headers["message-id"] == f"<{named}@sreweekly.example>"
    assert message.subject == mailing.subject
    assert (message.text.count(leave), message.html.count(leave)) == (1, 1)
    assert "Placeholder" not in str(message)
    assert message.tracking in ([], [False, "None"], [False, False], ["no", "no"])


def test_message_is_the_reader_s_own(api, kind, alone):
    mailing = prepared(2)
    assert send(mailing) is None
    messages = [message for request in api.requests for message in kind.messages(request)]
    assert [message.to for message in messages] == ["reader0@example.com", "reader1@example.com"]
    for message in messages:
        check_own(message, mailing, kind.keeps_id)
    assert rows() == [("sent", 1)] * 2
    assert all(Delivery.objects.values_list("provider_id", flat=True))


def test_recipient_that_is_refused_ends_the_delivery_with_the_provider_s_words(api, kind):
    api.answer = lambda request: kind.refused
    mailing = prepared()
    assert send(mailing) is None
    assert rows() == [("refused", 1)]
    reason = Delivery.objects.get().reason
    assert json.dumps(next(iter(kind.refused.body.values())))[:10] in reason or "not valid" in reason


@pytest.mark.parametrize("code", [401, 403, 429])
def test_wrong_key_and_too_many_requests_leave_everything_waiting(api, kind, code):
    api.answer = lambda request: Answer(code, {"message": "no", "Message": "no"}, {"Retry-After": "77"})
    mailing = prepared(3)
    with pytest.raises(ServerAwayError) as error:
        send(mailing)
    assert error.value.wait == 77
    assert rows() == [("waiting", 0)] * 3
    assert (len(api.requests), DomainDelay.objects.count()) == (1, 0)


@pytest.mark.parametrize("answer", [Answer(500, "oops"), Answer(503, "later"), Answer(400, {"message": "From is bad"})])
def test_answer_that_is_not_about_the_recipient_puts_off_the_stream(api, kind, alone, answer):
    api.answer = lambda request: answer
    mailing = prepared(3)
    with pytest.raises(ServerAwayError):
        send(mailing)
    assert rows() == [("waiting", 1), ("waiting", 0), ("waiting", 0)]
    assert Delivery.objects.filter(not_before__gt=timezone.now()).count() == 1
    assert (len(api.requests), DomainDelay.objects.count()) == (1, 0)


@pytest.mark.parametrize("answer", [DROP, Answer(200, "{}", wait=0.6), Answer(504, "gateway"), Answer(200, "<html>")])
def test_what_may_have_been_sent_is_unknown_and_never_guessed(api, kind, settings, answer):
    use(settings, kind, api.url, timeout=(10, 0.3) if answer.wait else 10)
    api.answer = lambda request: answer
    mailing = prepared()
    send(mailing)
    send(mailing)
    assert rows() == [("unknown", 1)]
    assert len(api.requests) == 1


@pytest.mark.parametrize("name", ["7\0", "\ud800", "x" * 5000, {"a": "\0"}])
def test_strange_names_of_messages_lose_no_outcome(api, kind, name):
    def rename(value):
        if isinstance(value, dict):
            ids = ("id", "MessageID", "messageId", "messageIds")
            return {key: _named(old) if key in ids else rename(old) for key, old in value.items()}
        return [rename(one) for one in value] if isinstance(value, list) else value

    def _named(old):
        return [name] * len(old) if isinstance(old, list) else name

    api.answer = lambda request: Answer(200, rename(kind.taken(request)))
    mailing = prepared(2)
    send(mailing)
    assert {state for state, _ in rows()} <= {"sent", "unknown"}
    assert all(str(name).isprintable() for name in Delivery.objects.values_list("provider_id", flat=True))


@pytest.mark.parametrize("body", [[], [7, 7], [{}, {}], [{}, {}, {}], "[" * 100_000])
def test_answer_to_a_batch_of_another_shape_loses_nobody(api, kind, body):
    api.answer = lambda request: Answer(200, body)
    mailing = prepared(2)
    send(mailing)
    counts = mailing.counts()
    assert (counts.unknown, counts.waiting, counts.sending) == (2, 0, 0)


def test_provider_that_cannot_be_reached_leaves_everything_waiting(api, kind, settings):
    use(settings, kind, "http://127.0.0.1:1/")
    mailing = prepared(2)
    with pytest.raises(ServerAwayError):
        send(mailing)
    assert rows() == [("waiting", 0)] * 2


def test_option_that_is_missing_is_told_before_anything_is_sent(settings, kind):
    use(settings, kind._replace(options={}), "http://127.0.0.1:1/")
    mailing = prepared()
    with pytest.raises(Exception, match="OPTIONS must define"):
        send(mailing)
    assert rows() == [("waiting", 0)]


@pytest.mark.parametrize("name", ["brevo", "sparkpost"])
def test_braces_of_a_text_do_not_become_an_expression(name, settings, alone):
    kind = next(kind for kind in KINDS if kind.name == name)
    api = Api(lambda request: Answer(200, kind.taken(request)))
    use(settings, kind, api.url)
    make_subscriber("reader0@example.com")
    issue = make_issue(articles=1, intro="Write `{{ .Values }}` and `{% raw %}` in charts.")
    assert send(prepare(Issue.objects.get(pk=issue.pk))) is None
    api.stop()
    (message,) = kind.messages(api.requests[0])
    assert "{ { .Values }}" in message.text
    assert "&#123;{ .Values }}" in message.html
    assert not {"{{", "{%"} & {message.html[at : at + 2] for at in range(len(message.html))}


def test_message_for_other_backends_has_whole_headers(settings, tmp_path):
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {**settings.MAILERS, "newsletter": {"BACKEND": backend, "OPTIONS": {"file_path": tmp_path}}}
    settings.SITE_URL = f"https://{'a' * 60}.sreweekly.example"
    assert send(prepared()) is None
    (written,) = tmp_path.iterdir()
    token = Subscriber.objects.get().token
    assert f"List-Unsubscribe: <{settings.SITE_URL}/subscription/{token}/leave/>\n" in written.read_text()


UNUSUAL = "o'brien+a.b_c=d@xn--bcher-kva.example"
# SparkPost's answer to a batch does not say who was refused.
in_batches = pytest.mark.parametrize("kind", KINDS[:4], ids=[kind.name for kind in KINDS[:4]], indirect=True)


@in_batches
def test_batch_gives_each_reader_their_own(api, kind):
    make_subscriber(UNUSUAL)
    mailing = prepared(119)
    assert send(mailing) is None
    assert [len(kind.messages(request)) for request in api.requests] == [50, 50, 20]
    messages = [message for request in api.requests for message in kind.messages(request)]
    assert len({message.to for message in messages}) == 120
    for message in [*messages[::17], *(message for message in messages if message.to == UNUSUAL)]:
        check_own(message, mailing, kind.keeps_id and kind.name != "mailgun")
    assert rows() == [("sent", 1)] * 120
    if kind.name != "mailgun":
        assert Delivery.objects.get(address="reader7@example.com").provider_id == "id-reader7@example.com"


def test_batch_of_mixed_outcomes_at_postmark(settings):
    def answer(request):
        answers = postmark_takes(request)
        answers[1] = {"ErrorCode": 406, "Message": "inactive addresses: reader1@example.com. Inactive recipients are …"}
        answers[2] = {"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email domain"}
        answers[3] = {"ErrorCode": 429, "Message": "Rate limit exceeded"}
        return Answer(200, answers)

    api = Api(answer)
    use(settings, KINDS[0], api.url)
    with pytest.raises(ServerAwayError):
        send(prepared(5))
    api.stop()
    assert rows() == [("sent", 1), ("refused", 1), ("refused", 1), ("waiting", 1), ("sent", 1)]
    assert "@" not in Delivery.objects.filter(state="refused")[0].reason


@pytest.mark.parametrize("kind", KINDS[1:4], ids=[kind.name for kind in KINDS[1:4]], indirect=True)
def test_batch_that_is_refused_for_one_address_is_sent_one_by_one(api, kind):
    def answer(request):
        is_bad = any(message.to == "reader2@example.com" for message in kind.messages(request))
        return kind.refused if is_bad else Answer(200, kind.taken(request))

    api.answer = answer
    mailing = prepared(5)
    assert send(mailing) is None
    assert mailing.counts() == (0, 0, 4, 1, 0, 0)
    assert [len(kind.messages(request)) for request in api.requests] == [5, 1, 1, 1, 1, 1]
    assert Delivery.objects.get(state="refused").address == "reader2@example.com"


@pytest.mark.parametrize("answer", [DROP, Answer(200, "{}", wait=0.6)])
@in_batches
def test_batch_without_an_answer_is_unknown_and_three_pause_the_mailing(api, kind, settings, answer, monkeypatch):
    use(settings, kind, api.url, timeout=(10, 0.3) if answer.wait else 10)
    monkeypatch.setattr("mailings.sending.providers.BATCH", 2)
    api.answer = lambda request: answer
    mailing = prepared(10)
    send(mailing)
    assert mailing.counts() == (4, 0, 0, 0, 6, 0)
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.PAUSED


@in_batches
def test_batch_goes_to_an_address_that_was_changed_meanwhile_and_the_ledger_says_so(api, kind):
    mailing = prepared(2)
    Subscriber.objects.filter(address="reader0@example.com").update(
        address="New@example.org", key="new@example.org", domain="example.org"
    )
    send(mailing)
    assert [message.to for message in kind.messages(api.requests[0])] == ["new@example.org", "reader1@example.com"]
    places = Delivery.objects.order_by("pk").values_list("address", "domain")
    assert list(places) == [("New@example.org", "example.org"), ("reader1@example.com", "example.com")]


@in_batches
def test_batch_of_a_worker_that_is_killed_is_unknown(api, kind):
    mailing = prepared(60)
    with open_ledger(mailing.pk) as ledger:
        assert len(ledger.begin_batch(ledger.take(50))) == 50
        assert mailing.counts() == (10, 50, 0, 0, 0, 0)
    deadline = time.monotonic() + 5
    while mailing.counts().sending and time.monotonic() < deadline:  # The server notices a moment later.
        send(mailing)
    assert mailing.counts() == (0, 0, 10, 0, 50, 0)


@in_batches
def test_fault_of_ours_while_a_batch_is_sent_leaves_it_unknown(api, kind, monkeypatch):
    monkeypatch.setattr(ProviderServer, "send_batch", lambda *arguments: 1 / 0)
    mailing = prepared(60)
    with pytest.raises(ZeroDivisionError):
        send(mailing)
    assert mailing.counts() == (10, 0, 0, 0, 50, 0)


@in_batches
def test_whoever_leaves_before_the_batch_gets_nothing(api, kind):
    mailing = prepared(5)
    Subscriber.objects.get(address="reader1@example.com").leave()
    assert send(mailing) is None
    assert mailing.counts() == (0, 0, 4, 0, 0, 1)
    (request,) = api.requests
    assert "reader1@example.com" not in [message.to for message in kind.messages(request)]


@pytest.mark.parametrize("status", [Mailing.Status.PAUSED, Mailing.Status.CANCELLED])
@in_batches
def test_mailing_that_is_stopped_begins_no_further_batch(api, kind, monkeypatch, status):
    monkeypatch.setattr("mailings.sending.providers.BATCH", 4)

    def answer(request):
        Mailing.objects.update(status=status)
        connection.close()  # Of the server's thread.
        return Answer(200, kind.taken(request))

    api.answer = answer
    mailing = prepared(10)
    assert send(mailing) is None
    assert (len(api.requests), mailing.counts()) == (1, (6, 0, 4, 0, 0, 0))


@pytest.mark.parametrize(
    ("name", "limit", "sizes"),
    [
        ("MAILING_PER_SECOND", 4, [4, 4, 2]),
        ("MAILING_PER_HOUR", 7, [7]),
        ("MAILING_PER_DAY", 1, [1]),
        ("MAILING_PER_DOMAIN_MINUTE", 3, [3]),
    ],
)
@in_batches
def test_limits_hold_for_batches(api, kind, settings, name, limit, sizes):
    setattr(settings, name, limit)
    mailing, began = prepared(10), timezone.now()
    send(mailing)
    assert [len(kind.messages(request)) for request in api.requests] == sizes
    if name == "MAILING_PER_SECOND":
        assert (timezone.now() - began).total_seconds() >= 2


@in_batches
def test_database_that_goes_away_while_a_batch_is_sent_loses_no_outcome(api, kind):
    def answer(request):
        with connection.cursor() as cursor:
            # Not those of other tests, which run at the same time in other databases.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE datname = current_database() AND locktype = 'advisory' AND classid = %s",
                [LOCK],
            )
        connection.close()
        return Answer(200, kind.taken(request))

    api.answer = answer
    mailing = prepared(3)
    with pytest.raises(psycopg.OperationalError):
        send(mailing)
    assert rows() == [("sent", 1)] * 3


@pytest.mark.parametrize("count", [1, 3])
def test_outage_before_anything_was_handed_over_leaves_everything_waiting(api, kind, monkeypatch, count):
    def begin_and_fail(begin):
        def begun(ledger, *arguments):
            begin(ledger, *arguments)
            ledger.database.close()
            raise psycopg.OperationalError("the connection is lost")

        return begun

    mailing = prepared(count)
    with monkeypatch.context() as patch:
        for name in ("begin", "begin_batch"):
            patch.setattr(Ledger, name, begin_and_fail(getattr(Ledger, name)))
        with pytest.raises(psycopg.OperationalError):
            send(mailing)
    assert rows() == [("waiting", 0)] * count
    assert send(mailing) is None
    assert rows() == [("sent", 1)] * count
