from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from sreweekly.accounts import require_editor
from sreweekly.health import health

# They would show the secrets of all editors' apps, and addresses that nothing reads.
admin.site.unregister([Authenticator, EmailAddress])
admin.site.login = require_editor(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/", include("sreweekly.accounts")),
    path("health/", health, name="health"),
    path("", include("issues.urls")),
]
