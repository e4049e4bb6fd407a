from time import sleep

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from sreweekly import heartbeats
from sreweekly.backups import BackupError, back_up, is_due, made_backups

MINUTE, HOUR = 60, 3600


class Command(BaseCommand):
    help = "Dump the database into BACKUP_DIR, check that the dump can be restored, copy it, and delete old dumps."

    def add_arguments(self, parser):
        parser.add_argument("--nightly", action="store_true", help="stay, and make a backup each day at BACKUP_TIME")

    def handle(self, *, nightly, **options):
        if nightly:
            self.stay()
        else:
            self.make()

    def make(self) -> None:
        heartbeats.send("backup", "start")
        try:
            backup = back_up()
        except BackupError as error:
            heartbeats.send("backup", "fail")
            raise CommandError(str(error)) from error
        heartbeats.send("backup")
        size = filesizeformat(backup.size)
        self.stdout.write(
            f"Made and checked the backup {backup.file}: {backup.tables} tables, {backup.rows} rows, {size}. "
            f"Backups kept: {len(made_backups())}."
        )

    def stay(self) -> None:
        """Make a backup whenever one is due. After a failure, try again in an hour."""
        has_failed = False
        while True:
            if has_failed or is_due(timezone.now()):
                close_old_connections()  # Yesterday's may be dead.
                try:
                    self.make()
                    has_failed = False
                except CommandError as error:
                    has_failed = True
                    self.stderr.write(f"{error} The next attempt is in an hour.")
            # Not until the next backup, because clocks are set and machines are suspended.
            sleep(HOUR if has_failed else MINUTE)
