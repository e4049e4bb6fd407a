"""What the commands that import have in common."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from wordpress.report import Report


class ReportingCommand(BaseCommand):
    """Can rehearse, and prints the report of an import."""

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="do everything, but write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the whole report to this file")

    def tell(self, result: Report, path: Path | None) -> None:
        """Print the report, and write all of it to `path`. Raises CommandError if a file could not be read at all."""
        if path:
            try:
                path.write_text(result.as_json(), encoding="utf-8")
            except OSError as error:
                self.stderr.write(f"The report could not be written: {error}")
        self.stdout.write(str(result))
        if result.failed_files:
            raise CommandError("\n".join(result.failed_files))
