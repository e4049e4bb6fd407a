from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

# These pages would show the secrets of all authenticator apps, and addresses that nothing uses.
admin.site.unregister([Authenticator, EmailAddress])
