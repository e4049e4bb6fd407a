from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from archive.documents import ArchiveError
from archive.load import NotEmptyError, import_archive


class Command(BaseCommand):
    help = "Load an archive into an empty database: all of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="exported, or written by hand")

    def handle(self, directory, **options):
        try:
            imported = import_archive(directory)
        except (ArchiveError, NotEmptyError, OSError) as error:
            raise CommandError(str(error)) from error
        for objection in imported.objections:
            self.stdout.write(f"Kept as it is, though the desk would refuse it: {objection}")
        for what, count in sorted(imported.computed.items()):
            self.stdout.write(f"Not in the files, and computed: {what} ({count})")
        self.stdout.write("Imported " + ", ".join(f"{name} {count}" for name, count in imported.counts.items()) + ".")
