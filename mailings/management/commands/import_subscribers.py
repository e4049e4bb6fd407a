import csv
import sys
from contextlib import ExitStack
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from mailings.moving.formats import BY_KEY
from mailings.moving.load import import_subscribers
from mailings.moving.report import Report


class Command(BaseCommand):
    help = "Take over subscribers from the list of another service. Nobody who left, bounced or complained is mailed."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV, or a .zip of it")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
        parser.add_argument("--source", choices=sorted(BY_KEY), help="what the file is, if it is not recognised")
        parser.add_argument(
            "--consent", default="", metavar="TEXT", help="what they agreed to, for lists without a date of consent"
        )
        parser.add_argument("--encoding", default="", help="of the file, if it is not recognised")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write what became of each line to a file")

    def handle(self, file, dry_run, source, consent, encoding, report, **options):
        result = Report(is_rehearsal=dry_run)
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(file.open("rb"))
                if report:
                    # Escaped as exports are: what is no address may be a formula.
                    writer = csv.writer(stack.enter_context(report.open("w", newline="", encoding="utf-8")))
                    result.write_lines_to(writer)
            except OSError as error:
                raise CommandError(f"{error.filename} cannot be opened: {error.strerror}.") from error
            import_subscribers(
                file.name.encode("utf-8", "replace").decode(),  # Names of files may be any bytes.
                opened,
                result,
                form=BY_KEY[source] if source else None,
                consent=" ".join(consent.split()),
                encoding=encoding,
                progress=self.show_progress,
            )
        if sys.stderr.isatty():
            self.stderr.write("\r", ending="")
        failures, result.failures = result.failures, []
        self.stdout.write(str(result))
        if dry_run:
            self.stdout.write("\nThis was a rehearsal, and nothing was written.")
        if failures:
            raise CommandError("\n".join(failures))

    def show_progress(self, part: float) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{part:4.0%} is done", ending="")
            self.stderr.flush()
