from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "mailings"

    def ready(self):
        # Django imports this module before the models.
        from issues.preflight.advice import ADVISERS
        from mailings.advice import advise

        ADVISERS["Mail"] = advise
