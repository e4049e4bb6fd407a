import pytest
from django.core.checks import run_checks


def mail_warnings(deployment=True):
    return [found.id for found in run_checks(include_deployment_checks=deployment) if found.id == "sreweekly.W001"]


def test_missing_mail_server_is_a_warning_of_a_deployment(settings):
    settings.SMTP_HOST = ""
    assert mail_warnings() == ["sreweekly.W001"]
    assert mail_warnings(deployment=False) == []


@pytest.mark.parametrize("host", ["localhost", "mail.example"])
def test_mail_server_that_is_set_is_none(settings, host):
    settings.SMTP_HOST = host
    assert mail_warnings() == []
