from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from sreweekly.health import live, ready

handler403 = "sreweekly.errors.permission_denied"
handler404 = "sreweekly.errors.page_not_found"
handler429 = "sreweekly.attempts.too_many_attempts"  # allauth's, not Django's.
handler500 = "sreweekly.outages.server_error"
urlpatterns = [
    # https://w3c.github.io/webappsec-change-password-url/: programs that keep passwords lead there.
    path(".well-known/change-password", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/", include("sreweekly.accounts")),
    path("health/", ready, name="health"),
    path("health/live/", live),
    path("health/ready/", ready),
    path("", include("issues.feeds.urls")),
    path("", include("collecting.urls")),
    path("", include("pictures.urls")),
    path("", include("mailings.urls")),
    path("", include("issues.site.urls")),
]
