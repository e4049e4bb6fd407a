from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

# They would show the secrets of all editors' apps, and addresses that nothing reads.
admin.site.unregister([Authenticator, EmailAddress])
