import os
import subprocess
import sys
from io import StringIO
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

import sreweekly.settings
from sreweekly.accounts import PAGES, AccountAdapter, MFAAdapter
from tests.make import make_editor

PASSWORD = "correct horse battery"


def sign_in(client, login="editor", password=PASSWORD, **extra):
    return client.post("/accounts/login/", {"login": login, "password": password}, **extra)


@pytest.fixture
def editor(db):
    return make_editor()


def test_who_is_not_signed_in_signs_in_and_comes_back(client, editor):
    response = client.get("/admin/auth/user/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Fauth%2Fuser%2F"
    form = {"login": "editor", "password": PASSWORD, "next": "/admin/auth/user/"}
    assert client.post("/accounts/login/", form).url == "/admin/auth/user/"


def test_nobody_is_sent_to_another_site_after_signing_in(client, editor):
    form = {"login": "editor", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", form).url == "/admin/"


def test_who_is_no_editor_is_told_so(client, db):
    client.force_login(User.objects.create_user("reader", password=PASSWORD))
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "reader is no editor" in response.text


@pytest.mark.parametrize(
    "path",
    [
        "signup/",
        "signup/passkey/",
        "2fa/webauthn/signup/",
        "email/",
        "confirm-email/",
        "login/code/confirm/",
        "3rdparty/",
    ],
)
def test_nobody_can_sign_up_or_manage_addresses(client, db, path):
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}").status_code == 404


def test_sign_up_is_closed_in_allauth_too(rf):
    assert not AccountAdapter().is_open_for_signup(rf.get("/"))


@pytest.mark.parametrize("login", ["editor", "editor@example.com", "Editor@Example.com"])
def test_user_name_or_address_signs_in(client, editor, login):
    assert sign_in(client, login).url == "/admin/"


@pytest.mark.parametrize("login", ["editor", "nobody", "editor@example.com", "nobody@example.com"])
def test_wrong_password_tells_not_who_has_an_account(client, editor, login):
    response = sign_in(client, login, "wrong")
    assert response.context["form"].errors == {
        "password": ["This user name and this password do not belong together. Check both, and try again."]
    }


@pytest.mark.parametrize("address", ["editor@example.com", "nobody@example.com"])
def test_reset_tells_not_who_has_an_account(client, editor, address):
    response = client.post("/accounts/password/reset/", {"email": address}, follow=True)
    assert response.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert address not in response.text
    assert [message.to for message in mail.outbox] == [["editor@example.com"]] * (address == editor.email)


def test_link_in_the_mail_sets_a_password(client, editor):
    client.post("/accounts/password/reset/", {"email": editor.email})
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    form_address = client.get(urlsplit(link).path).url
    client.post(form_address, {"password1": "another horse battery", "password2": "another horse battery"})
    assert sign_in(client, password="another horse battery").url == "/admin/"
    assert client.get(urlsplit(link).path).context["token_fail"]


def test_only_the_address_of_the_user_counts(client, editor):
    client.post("/accounts/password/reset/", {"email": editor.email})
    assert not EmailAddress.objects.exists()


def test_sixth_failure_of_an_account_is_answered_429(client, editor):
    statuses = [sign_in(client, password="wrong", REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(5)]
    response = sign_in(client, REMOTE_ADDR="203.0.113.9")
    assert statuses == [200] * 5
    assert response.status_code == 429
    assert "Wait five minutes" in response.text
    assert "no-store" in response["Cache-Control"]


def test_eleventh_failure_from_an_address_is_answered_429(client, db):
    statuses = [sign_in(client, f"editor{n}", "wrong").status_code for n in range(11)]
    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize(("proxies", "header"), [(0, "203.0.113.{}"), (1, "203.0.113.{}, 198.51.100.1")])
def test_own_x_forwarded_for_does_not_get_round_the_limit(client, db, settings, proxies, header):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(10):
        sign_in(client, f"editor{n}", "wrong", HTTP_X_FORWARDED_FOR=header.format(n))
    assert sign_in(client, "last", "wrong", HTTP_X_FORWARDED_FOR=header.format(99)).status_code == 429


def test_clients_behind_our_proxy_are_told_apart(client, db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    statuses = {
        sign_in(client, f"editor{n}", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(12)
    }
    assert statuses == {200}


@pytest.mark.django_db(transaction=True)
def test_limits_count_for_all_processes(client):
    make_editor()
    cache.clear()  # No rollback takes it back.
    for _ in range(5):
        sign_in(client, password="wrong")
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    ask = """
import django; django.setup()
from allauth.core.internal.ratelimit import consume
from django.test import RequestFactory
request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.1")
for name in ("editor", "another"):
    print(bool(consume(request, app="allauth.account", action="login_failed", key=f"testserver:{name}")))
"""
    environment = {**os.environ, "DATABASE_URL": url}
    answer = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    cache.clear()
    assert answer.stdout.split() == ["False", "True"]


def test_sixth_wrong_code_is_answered_429(client, editor):
    TOTP.activate(editor, generate_totp_secret())
    sign_in(client)
    statuses = [client.post("/accounts/2fa/authenticate/", {"code": "wrong"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize("route", [route for route, _, _ in PAGES if "<" not in route])
def test_no_page_may_be_stored(client, editor, route):
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(editor, generate_totp_secret())
    RecoveryCodes.activate(editor)
    response = client.get(f"/accounts/{route}")
    assert response.status_code in (200, 302)
    assert "no-store" in response["Cache-Control"]


def test_session_lasts_two_weeks_and_is_hidden_from_scripts(client, editor):
    cookie = sign_in(client).cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (14 * 24 * 60 * 60, True, "Lax")
    assert sreweekly.settings.SESSION_COOKIE_SECURE


def test_readers_get_no_cookie(client, db):
    client.get("/")
    assert not client.cookies


def test_passwords_are_long_and_hashed_by_argon2():
    with pytest.raises(ValidationError, match="at least 12"):
        validate_password("eleven-char")
    assert "Argon2" in sreweekly.settings.PASSWORD_HASHERS[0]


def test_admin_changes_passwords_where_attempts_are_limited(client, editor):
    client.force_login(editor)
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"


def test_admin_shows_no_secrets():
    assert not admin.site.is_registered(Authenticator)


def test_qr_code_is_printed_in_the_page():
    svg = MFAAdapter().build_totp_svg("otpauth://totp/editor?secret=ABC")
    assert svg.startswith('<svg class="qr-code" viewBox="0 0 37 37"')
    assert 'd="M4 4h1v1h-1zM5 4h1v1h-1z' in svg


def test_reset_second_factor_removes_all_of_one_editor(editor):
    other = make_editor("other")
    for user in (editor, other):
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    out = StringIO()
    call_command("reset_second_factor", "editor", stdout=out)
    assert "Removed 2 of editor" in out.getvalue()
    assert {row.user for row in Authenticator.objects.all()} == {other}


def test_reset_second_factor_names_an_unknown_user(db):
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("reset_second_factor", "nobody")
