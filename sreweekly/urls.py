from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from sreweekly.health import health

handler429 = "sreweekly.attempts.too_many_attempts"  # allauth's, not Django's.
urlpatterns = [
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/", include("sreweekly.accounts")),
    path("health/", health, name="health"),
    path("", include("issues.feeds.urls")),
    path("", include("collecting.urls")),
    path("", include("issues.site.urls")),
]
