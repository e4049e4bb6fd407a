import mailbox
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from mailings.imap import MailboxError, read_imap
from mailings.receiving import Received, receive

# Of sysexits.h: the mail server keeps the mail, and tries again later.
TEMPORARY_FAILURE = 75


class Command(BaseCommand):
    help = "Take bounces, complaints and unsubscribes from the mailbox of MAILING_MAILBOX, a file, or a pipe."
    # A mail server starts this for each mail.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "source", nargs="?", metavar="PATH", help="an mbox, a Maildir, a file with one mail, or - for the input"
        )
        parser.add_argument("--keep", type=Path, metavar="MAILDIR", help="put what is not understood there")

    def handle(self, source, keep, **options):
        try:
            counts = self.read_server() if source is None else self.read_mails(source, keep)
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database is away: {error}", returncode=TEMPORARY_FAILURE) from error
        except (MailboxError, OSError, mailbox.Error) as error:
            raise CommandError(str(error), returncode=TEMPORARY_FAILURE if source == "-" else 1) from error
        if source != "-":
            told = ", ".join(f"{counts[one]} {one.value}" for one in Received if counts[one])
            self.stdout.write(f"{told or 'No new mail'}.")

    def read_server(self) -> Counter[Received]:
        if not settings.MAILING_MAILBOX:
            raise CommandError("MAILING_MAILBOX is not set. Name a file, or - for the input.")
        return read_imap(settings.MAILING_MAILBOX)

    def read_mails(self, source: str, keep: Path | None) -> Counter[Received]:
        counts: Counter[Received] = Counter()
        kept = mailbox.Maildir(keep) if keep else None
        for content in mails_of(source):
            received = receive(content)
            if received == Received.NOT_UNDERSTOOD and kept is not None:
                kept.add(content)
            counts[received] += 1
        return counts


def mails_of(source: str) -> Iterator[bytes]:
    """Yield each mail of a Maildir, an mbox, a file with one, or the input. Raises OSError and mailbox.Error."""
    if source == "-":
        yield sys.stdin.buffer.read()
        return
    path = Path(source)
    if path.is_dir():
        opened: mailbox.Mailbox = mailbox.Maildir(path, create=False)
    else:
        with path.open("rb") as file:
            if file.read(5) != b"From ":
                yield path.read_bytes()
                return
        opened = mailbox.mbox(path, create=False)
    with closing(opened):
        for key in opened.iterkeys():
            try:
                content = opened.get_bytes(key)
            except (KeyError, FileNotFoundError):  # Another program moved it meanwhile.
                continue
            yield content
