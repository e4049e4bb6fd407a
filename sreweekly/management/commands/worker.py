import asyncio

from django.core.management.base import BaseCommand

from sreweekly.postgresql.limits import time_limits
from sreweekly.worker import work


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM. Goes on after outages of the database of any length."

    def handle(self, **options):
        with time_limits("jobs"):
            asyncio.run(work())
