from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SreweeklyConfig(AppConfig):
    name = "sreweekly"
    verbose_name = "Site"


class DeskConfig(AdminConfig):
    default_site = "sreweekly.desk.Desk"
