from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Remove an editor's passkeys, authenticator app and recovery codes, so that the password alone signs in."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        count, _ = Authenticator.objects.filter(user=user).delete()
        self.stdout.write(f"Removed {count} authenticators of {username}. The password alone signs in now.")
