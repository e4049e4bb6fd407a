from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from sreweekly.runway import load_runway
from sreweekly.tasks import RETRY, send_password_reset
from tests.make import make_editor
from tests.sreweekly.conftest import free_port
from tests.sreweekly.test_accounts import sign_in
from tests.sreweekly.test_attempts import guess
from tests.worker import work

NEW = "another horse battery"
DONE = "/accounts/password/reset/done/"


def ask(client, address, **extra):
    return client.post("/accounts/password/reset/", {"email": address}, **extra)


def open_link(client):
    """Open the link of the last mail. Return the address of the form."""
    link = next(line for line in mail.outbox[-1].body.splitlines() if line.startswith("http"))
    assert link.startswith("https://sreweekly.example/accounts/")
    return client.get(urlsplit(link).path)


@pytest.fixture
def editor(db):
    return make_editor()


ADDRESSES = ["editor@example.com", "nobody@example.com", "left@example.com"]


@pytest.fixture
def former_editor(db):
    return User.objects.create_user("left", "left@example.com", "former horse battery", is_active=False)


def test_all_addresses_are_answered_alike(client, editor, former_editor):
    answers = [ask(client, address) for address in ADDRESSES]
    assert {(answer.status_code, answer.url, answer.content) for answer in answers} == {(302, DONE, b"")}
    times = {"Date", "Expires", "X-Request-ID"}
    assert len({frozenset(item for item in each.items() if item[0] not in times) for each in answers}) == 1
    assert not any(answer.cookies for answer in answers)


@pytest.mark.parametrize("address", ADDRESSES)
def test_request_takes_the_same_work_for_all_addresses(
    client, editor, former_editor, django_assert_num_queries, address
):
    with django_assert_num_queries(25):
        ask(client, address)
    assert list(ProcrastinateJob.objects.values_list("args__address", flat=True)) == [address]
    assert not mail.outbox


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("Editor@EXAMPLE.com", ["Editor@Example.com"]),
        ("nobody@example.com", []),
        ("left@example.com", []),
        ("keyholder@example.com", []),
    ],
)
def test_only_active_accounts_with_a_password_are_sent_a_link(editor, former_editor, address, to):
    User.objects.filter(pk=editor.pk).update(email="Editor@Example.com")
    User.objects.create_user("keyholder", "keyholder@example.com")
    send_password_reset(address)
    assert [message.to for message in mail.outbox] == [[each] for each in to]


def test_link_sets_a_password_once_and_signs_in(client, editor):
    send_password_reset(editor.email)
    form_address = open_link(client).url
    assert client.post(form_address, {"password1": NEW, "password2": NEW}).url == "/admin/"
    assert sign_in(Client(), password=NEW).url == "/admin/"
    assert open_link(Client()).context["token_fail"]


def test_link_does_not_replace_the_second_factor(client, editor):
    TOTP.activate(editor, generate_totp_secret())
    send_password_reset(editor.email)
    response = client.post(open_link(client).url, {"password1": NEW, "password2": NEW})
    assert response.url == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").status_code == 302


def test_link_lets_an_editor_in_while_others_guess(client, editor):
    guess(Client())
    send_password_reset(editor.email)
    client.post(open_link(client).url, {"password1": NEW, "password2": NEW})
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/logout/")
    assert sign_in(client, password=NEW).url == "/admin/"


def test_address_is_not_copied_to_allauth_s_table(client, editor):
    send_password_reset(editor.email)
    client.post(open_link(client).url, {"password1": NEW, "password2": NEW})
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("address", ["", "editor", "editor@example.com\0", f"{'x' * 300}@example.com"])
def test_address_that_cannot_be_one_is_an_error_at_its_field(client, db, address):
    assert "email" in ask(client, address).context["form"].errors
    assert not ProcrastinateJob.objects.exists()


def test_sixth_mail_in_an_hour_is_refused_however_the_address_was_spelled(client, db):
    spellings = [f"{name}@example.com" for name in ("staff", "STAFF", "Staff", " staff", "ſtaff")]
    statuses = [ask(client, each, REMOTE_ADDR=f"203.0.113.{n}").status_code for n, each in enumerate(spellings)]
    response = ask(client, spellings[0])
    assert statuses == [302] * 5
    assert (response.status_code, response["Retry-After"]) == (429, "3600")


# The conversation with the mail server


@contextmanager
def smtp_server(port):
    """Receive mail at this port. Yield the list of messages."""
    received = []

    class Receive(Message):
        def handle_message(self, message):
            received.append(message)

    controller = Controller(Receive(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield received
    finally:
        controller.stop()


@pytest.fixture
def port(settings) -> int:
    """Return the port of the mail server that is configured. Nothing listens there yet."""
    port = free_port()
    options = {"host": "127.0.0.1", "port": port, "timeout": 30}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    return port


def change_job(assignment):
    with connection.cursor() as cursor:  # Procrastinate's models are read-only.
        cursor.execute(f"UPDATE procrastinate_jobs SET {assignment}")


def job():
    return ProcrastinateJob.objects.values_list("status", "attempts").get()


@pytest.mark.django_db(transaction=True)
def test_worker_hands_the_mail_to_the_mail_server(client, port):
    editor = make_editor()
    with smtp_server(port) as received:
        ask(client, editor.email)
        work("default")
    [message] = received
    assert (message["To"], message["From"]) == (editor.email, "desk@sreweekly.example")
    assert "https://sreweekly.example/accounts/password/reset/key/" in message.get_payload()
    assert job() == ("succeeded", 1)


@pytest.mark.django_db(transaction=True)
def test_mail_is_sent_when_the_mail_server_is_back(client, port):
    editor = make_editor()
    assert ask(client, editor.email).status_code == 302
    work("default")
    assert job() == ("todo", 1)
    change_job("scheduled_at = NULL")
    with smtp_server(port) as received:
        work("default")
    assert [message["To"] for message in received] == [editor.email]


@pytest.mark.django_db(transaction=True)
def test_mail_that_cannot_be_sent_is_reported_at_the_desk(client, port):
    editor = make_editor()
    ask(client, editor.email)
    change_job(f"attempts = {RETRY.max_attempts}")
    work("default")
    assert job()[0] == "failed"
    assert load_runway(User()).failed_jobs == 1
