from pathlib import Path

from importing.load import import_files
from wordpress.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Load issues from files of any known format. Never changes what was edited here after it was loaded."

    def add_arguments(self, parser):
        parser.add_argument(
            "files",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="JSON, a feed, an export of Curated or WordPress; a folder or a .zip of JSON and feeds",
        )
        parser.add_argument(
            "--reload", action="store_true", help="load unchanged issues again, except those edited here"
        )
        super().add_arguments(parser)

    def handle(self, files, dry_run, reload, report, **options):
        result = import_files(files, dry_run=dry_run, reload=reload)
        self.tell(result, report)
