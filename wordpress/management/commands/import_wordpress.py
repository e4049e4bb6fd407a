from pathlib import Path

from django.core.management.base import CommandError

from wordpress.load import import_wordpress
from wordpress.management.reporting import ReportingCommand
from wordpress.uploads import UploadsError


class Command(ReportingCommand):
    help = "Load issues and pages from WordPress exports. Never changes what was edited here after it was loaded."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an .xml file from WordPress")
        parser.add_argument(
            "--reload", action="store_true", help="load unchanged posts again, except those edited here"
        )
        parser.add_argument(
            "--uploads", type=Path, metavar="PATH", help="wp-content/uploads: a folder, or a .zip or .tar of it"
        )
        super().add_arguments(parser)

    def handle(self, files, uploads, dry_run, reload, report, **options):
        given = {"uploads": uploads, "dry_run": dry_run, "reload": reload}
        try:
            result = import_wordpress(files, **given, progress=self.show_progress)
        except UploadsError as error:
            raise CommandError(str(error)) from error
        if self.stderr.isatty():
            self.stderr.write("\r", ending="")
        self.tell(result, report)

    def show_progress(self, part):
        if self.stderr.isatty():
            self.stderr.write(f"\r{part:4.0%}", ending="")
