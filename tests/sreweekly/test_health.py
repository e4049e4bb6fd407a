import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_health_makes_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert client.get("/health/").status_code == 200


def test_health_uses_no_session(client):
    response = client.get("/health/")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert "no-store" in response["Cache-Control"]


def test_health_is_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/health/").status_code == 200
    assert Client().get("/accounts/login/").status_code == 301


def test_health_answers_on_the_container_s_own_address(client):
    assert client.get("/health/", headers={"host": "127.0.0.1:8000"}).status_code == 200
