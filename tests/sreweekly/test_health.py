from threading import Event

import pytest
from django.test import Client

from sreweekly import health

pytestmark = pytest.mark.django_db


ADDRESSES = ["/health/", "/health/ready/", "/health/live/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_health_uses_no_connection_of_the_pool(client, django_assert_num_queries, address):
    with django_assert_num_queries(0):
        assert client.get(address).status_code == 200


def test_attempts_to_connect_are_shared(client, monkeypatch):
    attempts: list[dict] = []
    monkeypatch.setattr(health, "_ask", attempts.append)
    monkeypatch.setattr(health, "VALIDITY", 60)
    monkeypatch.setattr(health, "database", health.Probe())
    assert {client.get("/health/ready/").status_code for _ in range(3)} == {200}
    assert len(attempts) == 1


def test_attempt_that_hangs_is_not_waited_for(client, monkeypatch):
    end = Event()
    monkeypatch.setattr(health, "_ask", lambda params: end.wait())
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    monkeypatch.setattr(health, "database", health.Probe())
    assert client.get("/health/ready/").status_code == 503
    assert client.get("/health/live/").status_code == 200
    end.set()


def test_health_uses_no_session(client):
    response = client.get("/health/")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert "no-store" in response["Cache-Control"]


def test_health_is_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert {Client().get(address).status_code for address in ADDRESSES} == {200}
    assert Client().get("/accounts/login/").status_code == 301


def test_health_answers_on_the_container_s_own_address(client):
    assert client.get("/health/", headers={"host": "127.0.0.1:8000"}).status_code == 200
