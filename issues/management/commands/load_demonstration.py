from django.core.management.base import BaseCommand, CommandError

from issues.demonstration import NotEmptyError, load_demonstration


class Command(BaseCommand):
    help = "Fill an empty database with a demonstration newsletter of invented articles."

    def handle(self, **options):
        try:
            counts = load_demonstration()
        except NotEmptyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Loaded " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
