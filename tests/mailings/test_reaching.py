import pytest

from mailings.sending.reaching import reach
from tests.mailings.provider_api import Answer, Api


def test_server_that_answers_is_reached_and_gets_no_message(sink):
    assert reach() == ""
    assert (sink.connections, sink.messages) == (1, [])


def test_server_that_is_away_is_not_reached(sink, settings):
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = 1
    assert "refused" in reach()


@pytest.mark.parametrize("options", [{"use_tls": True}, {"username": "ada", "password": "secret"}])
def test_server_that_offers_less_than_the_settings_ask_for_is_not_used(sink, settings, options):
    settings.MAILERS["newsletter"]["OPTIONS"] |= options
    assert "settings ask for" in reach()


def test_api_of_a_provider_is_reached_if_it_answers_at_all(settings):
    api = Api(lambda request: Answer())
    options = {"server_token": "key", "api_url": api.url}
    mailer = {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": options}
    settings.MAILERS = {**settings.MAILERS, "newsletter": mailer}
    assert reach() == ""
    api.stop()
    assert "cannot be reached" in reach()


def test_settings_that_are_wrong_are_told(settings):
    mailer = {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {}}
    settings.MAILERS = {**settings.MAILERS, "newsletter": mailer}
    assert "server_token" in reach()
