from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from archive.documents import ArchiveError
from archive.load import NotEmptyError, import_archive


class Command(BaseCommand):
    help = "Load an archive that export_archive wrote into an empty database: all of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="as export_archive wrote it")

    def handle(self, directory, **options):
        try:
            imported = import_archive(directory)
        except (ArchiveError, NotEmptyError, OSError) as error:
            raise CommandError(str(error)) from error
        for objection in imported.objections:
            self.stdout.write(f"Kept as it is, though the desk would refuse it: {objection}")
        self.stdout.write("Imported " + ", ".join(f"{name} {count}" for name, count in imported.counts.items()) + ".")
