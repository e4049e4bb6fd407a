import time

import psycopg
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

from issues.search.index import reindex_outdated
from sreweekly.postgresql.limits import time_limits
from sreweekly.roles import update_groups

ATTEMPTS = 30
PAUSE = 4  # Seconds.


class Command(migrate.Command):
    """Django's, while the site is in use.

    Who wants to change a table waits for all that read it now, and all that come later wait behind. So a migration
    waits for a lock less than a page may wait for an answer, and then begins anew: each is a transaction of its own.

    Afterwards the groups of the ready-made roles are made and updated, as permissions exist by then, and the rows of
    search are built again if their rules have changed.
    """

    def handle(self, *args, **options):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with time_limits("migrations"):
                    connection.close()  # A connection gets its limits when it is opened.
                    _drop_unfinished_indexes()
                    super().handle(*args, **options)
                    break
            except OperationalError as error:
                if attempt == ATTEMPTS or not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
            self.stdout.write(f"\nThe table is in use. Attempt {attempt + 1} of {ATTEMPTS} follows.")
            time.sleep(PAUSE)
        is_whole = not (options["app_label"] or options["plan"] or options["check_unapplied"])
        if is_whole and options["database"] == DEFAULT_DB_ALIAS:
            update_groups()
            reindex_outdated()


def _drop_unfinished_indexes() -> None:
    """Drop what CREATE INDEX CONCURRENTLY leaves behind if it is interrupted: the same name could not be used again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
