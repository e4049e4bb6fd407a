from django.core.management.base import BaseCommand

from issues.models.issues import Issue
from issues.search.index import reindex


class Command(BaseCommand):
    help = "Make anew what search finds: after a change of its rules, or after rows were changed past the desk."

    def handle(self, **options):
        reindex(Issue.objects.all())
        self.stdout.write(f"{Issue.objects.count()} issues are indexed.")
