import os
import secrets
import sys

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from issues.models.issues import Issue
from mailings.demonstration import load_demonstration_of_a_mailing, load_demonstration_of_subscribers
from sreweekly.development.database import is_embedded
from sreweekly.development.processes import exit_on_signals, is_port_free, run_until_one_ends


class Command(BaseCommand):
    help = "Migrate, then run the site and the worker until Ctrl-C. `make run` calls this command."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, port, **options):
        if not is_port_free(port):
            raise CommandError(f"Port {port} is in use. Stop the other program, or run `make run PORT={port + 1}`.")
        exit_on_signals()
        call_command("migrate", verbosity=0)
        address = f"http://127.0.0.1:{port}"
        os.environ.setdefault("SITE_URL", address)
        # Flushed, so that these lines come before those of the processes.
        self.stdout.write(f"{self.prepare()}\n\nSite: {address}/   Desk: {address}/admin/   Stop: Ctrl-C\n")
        self.stdout.flush()
        manage = [sys.executable, sys.argv[0]]
        ended = run_until_one_ends(
            {
                "site": [*manage, "runserver", f"127.0.0.1:{port}"],
                "worker": [*manage, "worker"],
            }
        )
        raise CommandError(f"The {ended} ended, so everything was stopped. The lines above say why.")

    def prepare(self) -> str:
        """Fill an empty embedded database. Return how to sign in. Never change a database given by DATABASE_URL."""
        if is_embedded() and not Issue.objects.exists():
            call_command("load_demonstration", stdout=self.stdout)
            self.stdout.write(f"Loaded {load_demonstration_of_subscribers()} subscribers.")
            self.stdout.write(f"Mailed the latest issue to {load_demonstration_of_a_mailing()} of them: see var/mail/.")
        editor = User.objects.filter(Q(is_superuser=True) | Q(username="editor")).order_by("pk").first()
        manage = "DEBUG=on .venv/bin/python manage.py"
        if editor:
            name = editor.get_username()
            return f"Sign in as “{name}”. To set a new password: {manage} changepassword {name}"
        if not is_embedded():
            return f"There is no editor yet. To add one: {manage} createsuperuser"
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser("editor", "editor@example.com", password)
        return f"Sign in as “editor” with the password {password} (shown only once)."
