from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.checks import register

from sreweekly.checks import (
    check_mail_server,
    check_provider,
    check_security_contact,
    check_sender,
    check_signature,
)
from sreweekly.reports import report_faults


class SreweeklyConfig(AppConfig):
    name = "sreweekly"
    verbose_name = "Site"

    def ready(self):
        register(check_mail_server, "mail", deploy=True)
        register(check_security_contact, "security", deploy=True)
        register(check_sender, "mail")
        register(check_signature, "mail")
        register(check_provider, "mail")
        report_faults(settings.SENTRY_DSN)


class DeskConfig(AdminConfig):
    default_site = "sreweekly.desk.Desk"
