from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig

from sreweekly.reports import report_faults


class SreweeklyConfig(AppConfig):
    name = "sreweekly"
    verbose_name = "Site"

    def ready(self):
        report_faults(settings.SENTRY_DSN)


class DeskConfig(AdminConfig):
    default_site = "sreweekly.desk.Desk"
