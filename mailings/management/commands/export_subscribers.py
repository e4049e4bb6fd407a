import logging
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving.export import lines_of

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Write all subscribers and suppressions as CSV, which import_subscribers reads back."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="standard output if it is left out")
        parser.add_argument(
            "--state", action="append", choices=State.values, help="only these subscribers, and no suppressions"
        )

    def handle(self, file, state, **options):
        subscribers, suppressions = Subscriber.objects.all(), Suppression.objects.all()
        if state:
            subscribers, suppressions = subscribers.in_state(*state), suppressions.none()
        count = subscribers.count()
        logger.info("export_subscribers wrote %s subscribers: %s", count, ", ".join(state or ["all"]))
        lines = lines_of(subscribers, suppressions)
        if file is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            # Readable for its owner only: it is full of addresses.
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", newline="", encoding="utf-8") as opened:
                opened.writelines(lines)
        except FileExistsError as error:
            raise CommandError(f"{file} exists already. Nothing was written.") from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"Wrote {count:,} subscribers to {file}.")
