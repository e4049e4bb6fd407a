"""The newsletter of a drill: the demonstration, and as many issues as wanted."""

import os
import subprocess
import sys
from datetime import timedelta

DATABASE = "sreweekly_drill"
MANAGE = (sys.executable, "manage.py")


class DrillError(Exception):
    """Something was lost or wrong. The message tells what."""


def manage(*arguments: str) -> None:
    """Run one of Django's commands, as an operator does. Raise DrillError if it fails."""
    result = subprocess.run([*MANAGE, *arguments], env=os.environ, capture_output=True, text=True)
    if result.returncode:
        raise DrillError(f"manage.py {' '.join(arguments)}: {(result.stderr or result.stdout).strip()}")
    print(result.stdout, end="")


def load(issues: int) -> None:
    """Migrate and fill the empty database of DATABASE_URL, and collect static files. All issues are published."""
    manage("migrate", "--no-input", "--verbosity=0")
    manage("collectstatic", "--no-input", "--verbosity=0")
    # Imported here, because Django reads its settings from the environment that main() sets.
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    django.setup()
    from benchmarks.data import make_draft
    from issues.models.issues import Issue
    from issues.search.index import reindex

    call_command("load_demonstration")
    now, first = timezone.now(), Issue.objects.next_number()
    for number in range(first, first + issues):
        make_draft(number, articles=8).approve(now - timedelta(weeks=first + issues - number))
    reindex(Issue.objects.all())
    connection.close()
