"""Make the database look new within a test's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction
from taggit.models import Tag

from tests.make import OUR_APPS


@contextmanager
def passing(django_db_blocker) -> Iterator[None]:
    """Let a fixture of a whole module write rows, and roll them back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def empty_database() -> None:
    models = [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()] + [Tag]
    with connection.cursor() as cursor:
        # Foreign keys are checked at the end. TRUNCATE takes a second for so many tables.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in (model._meta.db_table for model in models):
            cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT setval('issues_article_id_seq', 1, false)")
        # Other primary keys than before, because they must not matter.
        cursor.execute("SELECT setval('issues_issue_id_seq', 5000), setval('issues_author_id_seq', 700)")


def files(directory) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
