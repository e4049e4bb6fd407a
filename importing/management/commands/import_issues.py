from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from importing.load import import_files


class Command(BaseCommand):
    help = "Load issues from files of any known format. Never changes what was edited here after it was loaded."

    def add_arguments(self, parser):
        parser.add_argument(
            "files",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="JSON, a feed, an export of Curated or WordPress; a folder or a .zip of JSON and feeds",
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, but write nothing")
        parser.add_argument(
            "--reload", action="store_true", help="load unchanged issues again, except those edited here"
        )
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report to this file")

    def handle(self, files, dry_run, reload, report, **options):
        result = import_files(files, dry_run=dry_run, reload=reload)
        if report:
            try:
                report.write_text(result.as_json(), encoding="utf-8")
            except OSError as error:
                self.stderr.write(f"The report could not be written: {error}")
        self.stdout.write(str(result))
        if result.failed_files:
            raise CommandError("\n".join(result.failed_files))
