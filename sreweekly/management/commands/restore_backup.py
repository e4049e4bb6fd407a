from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from sreweekly.backups import BackupError, restore


class Command(BaseCommand):
    help = "Restore a backup into an empty database. Stop web and worker before, and migrate afterwards."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="delete the tables that the database has")

    def handle(self, *, file, replace, **options):
        try:
            restore(file, replace=replace)
        except BackupError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self.stdout.write(f"Restored {file.name}.")
