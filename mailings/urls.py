from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from mailings import pages, signing_up, subscription, webhooks
from mailings.models.subscribers import TOKEN_LENGTH


class TokenConverter(StringConverter):
    regex = f"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"


register_converter(TokenConverter, "token")

urlpatterns = [
    path("subscribe/", signing_up.subscribe, name="subscribe"),
    path("subscribe/sent/", signing_up.sent, name="subscribe_sent"),
    path("subscribe/privacy/", signing_up.privacy, name="subscribe_privacy"),
    path("subscription/", pages.former_page, {"slug": "subscription"}, name="former_subscription"),
    path("subscription/<token:token>/", subscription.subscription, name="subscription"),
    path("subscription/<token:token>/confirm/", subscription.confirm, name="confirm"),
    path("subscription/<token:token>/welcome/", subscription.welcome, name="welcome"),
    path("subscription/<token:token>/leave/", subscription.leave, name="leave"),
    path("subscription/<token:token>/pause/", subscription.pause, name="pause"),
    path("subscription/<token:token>/resume/", subscription.resume, name="resume"),
    path("subscription/<token:token>/address/", subscription.change_address, name="change_address"),
    path("subscription/<token:token>/new-address/", subscription.new_address, name="new_address"),
    path("subscription/<token:token>/held/", subscription.held, name="held"),
    path("subscription/<token:token>/forget/", subscription.forget, name="forget"),
    path("mail-reports/", pages.former_page, {"slug": "mail-reports"}, name="former_mail_reports"),
    path("mail-reports/<slug:provider>/", webhooks.receive, name="mail_reports"),
    # However it is spelled: what comes after all routes is answered with redirects that may be stored.
    re_path(r"^(?:/)*[Ss]ubscription/(?P<path>(?s:.+))$", pages.nearest),
]
