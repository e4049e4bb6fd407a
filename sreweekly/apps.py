from django.apps import AppConfig


class SreweeklyConfig(AppConfig):
    name = "sreweekly"
    verbose_name = "Site"
