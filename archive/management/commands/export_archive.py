from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from archive.documents import ArchiveError
from archive.export import export_archive


class Command(BaseCommand):
    help = "Write everything printed, and everything written for print, to text files. Keep the directory private."

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="new, empty, or an earlier export")

    def handle(self, directory, **options):
        try:
            counts = export_archive(directory)
        except (ArchiveError, OSError) as error:
            raise CommandError(str(error)) from error
        written = ", ".join(f"{name} {count}" for name, count in counts.items())
        self.stdout.write(f"Wrote to {directory}: {written}. Keep it private: it holds drafts, contacts and notes.")
