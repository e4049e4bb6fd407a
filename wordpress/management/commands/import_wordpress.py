from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from wordpress.load import import_wordpress


class Command(BaseCommand):
    help = "Load issues and pages from WordPress exports. Never changes what was edited here after it was loaded."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an .xml file from WordPress")
        parser.add_argument("--dry-run", action="store_true", help="do everything, but write nothing")
        parser.add_argument(
            "--reload", action="store_true", help="load unchanged posts again, except those edited here"
        )
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report to this file")

    def handle(self, files, dry_run, reload, report, **options):
        result = import_wordpress(files, dry_run=dry_run, reload=reload, progress=self.show_progress)
        if self.stderr.isatty():
            self.stderr.write("\r", ending="")
        if report:
            try:
                report.write_text(result.as_json(), encoding="utf-8")
            except OSError as error:
                self.stderr.write(f"The report could not be written: {error}")
        self.stdout.write(str(result))
        if result.failed_files:
            raise CommandError("\n".join(result.failed_files))

    def show_progress(self, part):
        if self.stderr.isatty():
            self.stderr.write(f"\r{part:4.0%}", ending="")
