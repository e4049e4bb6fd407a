from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from wordpress.load import import_wordpress


class Command(BaseCommand):
    help = "Load issues and pages from WordPress exports. What was loaded before and edited here since is left alone."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as WordPress exports it: .xml")
        parser.add_argument("--dry-run", action="store_true", help="do all of it, and write nothing")
        parser.add_argument(
            "--reload", action="store_true", help="load unchanged posts again, but for those edited here"
        )
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write everything that was noticed there")

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
