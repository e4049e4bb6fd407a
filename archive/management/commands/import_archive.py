from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from archive.documents import ArchiveError
from archive.load import NotEmptyError, import_archive


class Command(BaseCommand):
    help = "Read what export_archive wrote into an empty database: everything or nothing."

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="as export_archive wrote it")

    def handle(self, directory, **options):
        try:
            imported = import_archive(directory)
        except (ArchiveError, NotEmptyError, OSError) as error:
            raise CommandError(str(error)) from error
        for doubt in imported.doubts:
            self.stdout.write(f"Kept as it is, but the desk would refuse it: {doubt}")
        self.stdout.write("Imported " + ", ".join(f"{name} {count}" for name, count in imported.counts.items()) + ".")
