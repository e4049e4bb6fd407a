"""The mailbox: over IMAP from a real server on this machine, from files, and through a pipe."""

import io
import logging
import mailbox
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError, connection
from django.utils import timezone

from mailings import receiving
from mailings.envelopes import mark_of
from mailings.imap import MailboxError, place_of, read_imap
from mailings.management.commands import read_mailbox as command
from mailings.models.reports import Report
from mailings.models.subscribers import State
from mailings.reading.mails import LONGEST
from mailings.reading.read import read
from mailings.receiving import Received
from mailings.tasks import read_mailbox
from tests.mailings.imap import ImapServer
from tests.mailings.reading import mails
from tests.mailings.reading.mails import fill
from tests.make import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = ImapServer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    yield server
    server.close()


@pytest.fixture
def starttls(tmp_path, monkeypatch):
    server = ImapServer(tmp_path, starttls=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    yield server
    server.close()


@pytest.fixture
def ada():
    return make_subscriber("ada@example.com", confirmed_at=timezone.now() - timedelta(days=90))


@pytest.fixture
def bounce(ada):
    delivery = make_delivery(ada, settled_at=timezone.now() - timedelta(days=1))
    return fill(mails.POSTFIX, to=f"bounces+{mark_of(delivery.pk, delivery.mailing.token, ada.token)}@news.example")


def is_bounced(subscriber):
    subscriber.refresh_from_db()
    return subscriber.state == State.BOUNCED


# IMAP


def test_new_mails_are_taken_and_marked_as_read(server, ada, bounce):
    server.add(bounce, fill(mails.AWAY), fill(mails.WARNING), bounce)
    assert read_imap(server.address) == {
        Received.TAKEN: 1,
        Received.NOT_UNDERSTOOD: 1,
        Received.NOTHING: 1,
        Received.KNOWN: 1,
    }
    assert is_bounced(ada)
    assert server.flags == {1: {r"\Seen"}, 2: {"NotUnderstood"}, 3: {r"\Seen"}, 4: {r"\Seen"}}


def test_connection_is_encrypted_before_the_password_is_told(starttls, ada, bounce):
    starttls.add(bounce)
    assert read_imap(starttls.address) == {Received.TAKEN: 1}
    assert is_bounced(ada)


@pytest.mark.django_db(transaction=True)
def test_two_that_read_at_once_do_not_double(server, ada, bounce):
    server.add(*[bounce] * 3, *[fill(mails.COMPLAINT, token=ada.token)] * 3)
    counts: list[Counter[Received]] = []

    def run():
        counts.append(read_imap(server.address))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one[Received.TAKEN] for one in counts) == Report.objects.count() == 2


def test_what_was_read_is_not_fetched_again(server, bounce):
    server.add(bounce, fill(mails.AWAY))
    read_imap(server.address)
    assert read_imap(server.address) == {}
    assert server.fetched == [1, 2]


@pytest.mark.parametrize("answer", ["NO No keywords", "BAD Unknown flag"])
def test_server_without_keywords_is_read(server, ada, bounce, answer):
    server.has_keywords, server.no_keywords = False, answer
    server.add(fill(mails.AWAY), bounce)
    assert read_imap(server.address) == {Received.NOT_UNDERSTOOD: 1, Received.TAKEN: 1}
    assert server.flags == {1: set(), 2: {r"\Seen"}}


def test_damaged_mail_blocks_none_behind_it(server, ada, bounce):
    server.damaged.add(1)
    server.add(fill(mails.AWAY), bounce)
    assert read_imap(server.address) == {Received.TAKEN: 1}
    assert is_bounced(ada)


@pytest.mark.parametrize("error", [RecursionError(), DataError("ada@example.com"), IndexError()])
def test_mail_at_which_this_program_fails_blocks_none_behind_it(server, ada, bounce, monkeypatch, caplog, error):
    def read_or_fail(mail):
        if b"poison" in mail.content:
            raise error
        return read(mail)

    monkeypatch.setattr("mailings.receiving.read", read_or_fail)
    server.add(b"Subject: poison\n\nx", bounce)
    assert read_imap(server.address) == {Received.NOT_UNDERSTOOD: 1, Received.TAKEN: 1}
    assert server.flags[1] == {"NotUnderstood"}
    assert "left to a person" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_only_the_beginning_of_an_enormous_mail_is_fetched(server, ada, bounce):
    server.add(bounce + b"x" * 5 * LONGEST)
    read_imap(server.address)
    assert is_bounced(ada)


def test_mail_that_was_taken_before_a_crash_is_known_afterwards(server, bounce, monkeypatch):
    """The database goes away between the second mail and its mark."""
    server.add(bounce, fill(mails.COMPLAINT))

    def take_and_fail(content):
        receiving.receive(content)
        if len(server.fetched) == 2:
            raise OperationalError("gone")
        return Received.TAKEN

    monkeypatch.setattr("mailings.imap.receive", take_and_fail)
    with pytest.raises(OperationalError):
        read_imap(server.address)
    monkeypatch.undo()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert read_imap(server.address) == {Received.KNOWN: 1}
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("se%40cret", "hunter2"), "AUTHENTICATIONFAILED"),
        (("/INBOX", "/Nothing"), "no folder Nothing"),
        (("se%40cret", "hunter2%C3%A9"), "ascii"),
    ],
)
def test_refusal_of_the_server_is_a_sentence_without_the_password(server, change, told):
    with pytest.raises(MailboxError, match=told) as refused:
        read_imap(server.address.replace(*change))
    assert "hunter2" not in str(refused.value)


def test_certificate_that_nobody_signed_is_refused(server, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxError, match="certificate"):
        read_imap(server.address)


@pytest.mark.parametrize(
    "address", ["", "https://u:p@host/", "imaps://host/INBOX", "imaps://u:p/word@host", "imaps://u:p@ss@host/"]
)
def test_address_that_is_none_is_not_repeated(address):
    with pytest.raises(MailboxError, match="is written as") as refused:
        place_of(address)
    assert "word" not in str(refused.value).replace("password", "")


def test_address_is_read():
    assert place_of("imaps://a%40b:c%3Ad@[::1]:1993/Bounces%20of%20mail") == (
        "imaps", "a@b", "c:d", "::1", 1993, "Bounces of mail",
    )  # fmt: skip
    assert place_of("imap://a:b@host")[3:] == ("host", 143, "INBOX")


def test_job_reads_it_and_logs_what_it_cannot(server, ada, bounce, settings, caplog):
    server.add(bounce)
    read_mailbox(0)
    assert not is_bounced(ada)
    settings.MAILING_MAILBOX = server.address
    with caplog.at_level(logging.INFO, "mailings"):
        read_mailbox(0)
    assert is_bounced(ada)
    assert "taken 1" in caplog.text
    settings.MAILING_MAILBOX = server.address.replace("INBOX", "Nothing")
    read_mailbox(0)
    assert "no folder" in caplog.text


def test_command_reads_it(server, ada, bounce, settings, capsys):
    with pytest.raises(CommandError, match="MAILING_MAILBOX is not set"):
        call_command("read_mailbox")
    settings.MAILING_MAILBOX = server.address
    server.add(bounce)
    call_command("read_mailbox")
    assert is_bounced(ada)
    assert capsys.readouterr().out == "1 taken.\n"


# Files and pipes


def test_mbox_maildir_and_a_single_mail_are_read(tmp_path, ada, bounce, capsys):
    box, folder, single = mailbox.mbox(tmp_path / "mbox"), mailbox.Maildir(tmp_path / "folder"), tmp_path / "one.eml"
    for place in (box, folder):
        place.add(bounce)
        place.add(fill(mails.LEAVE, subject="Hello"))
    box.close()
    single.write_bytes(bounce)
    for path in ("mbox", "folder", "one.eml"):
        call_command("read_mailbox", str(tmp_path / path))
    assert capsys.readouterr().out.splitlines() == [
        "1 taken, 1 not understood.",
        "1 known already, 1 not understood.",
        "1 known already.",
    ]
    assert is_bounced(ada)


def test_what_is_not_understood_is_kept(tmp_path, bounce):
    box = mailbox.mbox(tmp_path / "mbox")
    box.add(bounce)
    box.add(fill(mails.AWAY))
    box.close()
    call_command("read_mailbox", str(tmp_path / "mbox"), keep=tmp_path / "kept")
    [kept] = mailbox.Maildir(tmp_path / "kept")
    assert kept["Subject"].startswith("Out of office")


@pytest.mark.parametrize("name", ["nothing", "folder"])
def test_file_that_cannot_be_read_is_said(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError) as refused:
        call_command("read_mailbox", str(tmp_path / name))
    assert refused.value.returncode == 1


def pipe(monkeypatch, content):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    call_command("read_mailbox", "-")


def test_mail_of_a_pipe_is_taken_in_silence(monkeypatch, ada, bounce, capsys):
    pipe(monkeypatch, bounce)
    assert is_bounced(ada)
    assert capsys.readouterr().out == ""


def test_mail_server_tries_again_while_the_database_is_away(monkeypatch, bounce):
    def fail(content):
        raise OperationalError("gone")

    monkeypatch.setattr(command, "receive", fail)
    with pytest.raises(CommandError) as refused:
        pipe(monkeypatch, bounce)
    assert refused.value.returncode == 75


def test_exit_code_of_a_pipe_without_a_database_is_75(bounce):
    env = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "DEBUG": "on", "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "manage.py", "read_mailbox", "-"], input=bounce, env=env, capture_output=True, timeout=60
    )
    assert ended.returncode == 75
    assert b"The database is away" in ended.stderr
