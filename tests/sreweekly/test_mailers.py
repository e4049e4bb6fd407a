import pytest

from sreweekly.mailers import SES, newsletter_mailer


@pytest.mark.parametrize("options", [{}, {"client_params": {"config": {"retries": {"max_attempts": 9}}}}])
def test_amazon_ses_is_asked_once(options):
    config = newsletter_mailer(SES, options)["OPTIONS"]["client_params"]["config"]
    assert config["retries"] == {"total_max_attempts": 1}


def test_other_options_stay_as_they_are():
    given = {"client_params": {"region_name": "eu-west-1", "config": {"read_timeout": 9}}}
    client = newsletter_mailer(SES, given)["OPTIONS"]["client_params"]
    assert (client["region_name"], client["config"]["read_timeout"]) == ("eu-west-1", 9)
    backend, options = "anymail.backends.postmark.EmailBackend", {"server_token": "key"}
    assert newsletter_mailer(backend, options) == {"BACKEND": backend, "OPTIONS": options}
