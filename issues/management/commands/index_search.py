from django.core.management.base import BaseCommand

from issues.models.issues import Issue
from issues.search.index import reindex


class Command(BaseCommand):
    help = "Build the search index anew. Run it after rows were changed in the database directly."

    def handle(self, **options):
        reindex(Issue.objects.all())
        self.stdout.write(f"{Issue.objects.count()} issues were indexed.")
