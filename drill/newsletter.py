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
    _run(*MANAGE, *arguments)


def load(issues: int) -> None:
    """Migrate and fill the empty database of DATABASE_URL, and collect static files. All issues are published.

    In a process of its own, because Django keeps the first DATABASE_URL that it has read, and each drill has another.
    """
    manage("migrate", "--no-input", "--verbosity=0")
    manage("collectstatic", "--no-input", "--verbosity=0")
    _run(sys.executable, "-m", "drill.newsletter", str(issues))


def _run(*command: str) -> None:
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True)
    if result.returncode:
        raise DrillError(f"{' '.join(command[1:])}: {(result.stderr or result.stdout).strip()}")
    print(result.stdout, end="", flush=True)


def _fill(issues: int) -> None:
    from benchmarks.data import make_draft
    from issues.models.issues import Issue
    from issues.search.index import reindex
    from issues.site.downloads import make_downloads

    call_command("load_demonstration")
    now, first = timezone.now(), Issue.objects.next_number()
    for number in range(first, first + issues):
        make_draft(number, articles=8).approve(now - timedelta(weeks=first + issues - number))
    reindex(Issue.objects.all())
    make_downloads()


if __name__ == "__main__":
    import django
    from django.core.management import call_command
    from django.utils import timezone

    django.setup()
    _fill(int(sys.argv[1]))
