import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.test import Client

from tests.make import make_editor
from tests.sreweekly.test_accounts import PASSWORD, sign_in


@pytest.fixture
def editor(db):
    return make_editor()


@pytest.fixture
def known(editor) -> Client:
    """Return a browser that has signed in and out."""
    client = Client()
    sign_in(client)
    client.post("/accounts/logout/")
    return client


def guess(client, times=5, login="editor"):
    """Try wrong passwords, each from another IP address. Return the last status."""
    return [sign_in(client, login, "wrong", REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(times)][-1]


def test_sixth_failure_of_an_account_is_answered_429(client, editor):
    assert guess(client) == 200
    response = sign_in(client, REMOTE_ADDR="203.0.113.9")
    assert (response.status_code, response["Retry-After"]) == (429, "300")
    assert "no-store" in response["Cache-Control"]


def test_failures_count_for_the_account_however_it_was_spelled(client, editor):
    logins = ["EDITOR", " editor ", "ｅditor", "editor@example.com", "Editor@Example.COM"]
    statuses = [sign_in(client, login, "wrong").status_code for login in logins]
    assert statuses == [200] * 5
    assert sign_in(client).status_code == 429


def test_failures_count_by_whichever_address_of_the_site(client, editor):
    for host in ("sreweekly.example", "sreweekly.example:8443", "localhost", "127.0.0.1", "127.0.0.1:1"):
        sign_in(client, password="wrong", HTTP_HOST=host)
    assert sign_in(client).status_code == 429


def test_failures_of_unknown_accounts_are_limited_alike(client, db):
    logins = ["nobody", "NOBODY", " nobody", "ｎobody", "nobody "]
    assert [sign_in(client, login, "wrong").status_code for login in logins] == [200] * 5
    assert sign_in(client, "nobody").status_code == 429


def test_right_passwords_do_not_count(editor):
    assert [sign_in(Client()).status_code for _ in range(11)] == [302] * 11


def test_eleventh_failure_from_an_address_is_answered_429(client, db):
    statuses = [sign_in(client, f"editor{n}", "wrong").status_code for n in range(11)]
    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize(("proxies", "header"), [(0, "203.0.113.{}"), (1, "203.0.113.{}, 198.51.100.1")])
def test_forged_x_forwarded_for_does_not_evade_the_limit(client, db, settings, proxies, header):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(10):
        sign_in(client, f"editor{n}", "wrong", HTTP_X_FORWARDED_FOR=header.format(n))
    assert sign_in(client, "last", "wrong", HTTP_X_FORWARDED_FOR=header.format(99)).status_code == 429


def test_clients_behind_our_proxy_are_counted_apart(client, db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    statuses = {
        sign_in(client, f"editor{n}", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(12)
    }
    assert statuses == {200}


@pytest.mark.django_db(transaction=True)
def test_limits_are_shared_by_all_processes(client):
    editor = make_editor()
    guess(client)
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    ask = f"""
import django; django.setup()
from allauth.core.internal.ratelimit import consume
from django.test import RequestFactory
request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.1")
for number in ({editor.pk}, 0):
    print(bool(consume(request, app="allauth.account", action="attempt", key=f"password {{number}}")))
"""
    environment = {**os.environ, "DATABASE_URL": url}
    answer = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("step", ["reauthenticate", "2fa/reauthenticate"])
def test_wrong_answers_of_a_signed_in_editor_are_limited(client, editor, step):
    TOTP.activate(editor, generate_totp_secret())
    client.force_login(editor)
    wrong = {"password": "wrong", "code": "wrong"}
    statuses = [client.post(f"/accounts/{step}/", wrong).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_limits_of_allauth_tell_when_to_try_again(client, editor):
    client.force_login(editor)
    answers = [client.post("/accounts/password/change/", {"oldpassword": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1]["Retry-After"] == "300"


# Known browsers


def test_known_browser_signs_in_while_others_guess(client, known):
    guess(client)
    assert sign_in(client).status_code == 429
    assert sign_in(known).url == "/admin/"


def test_known_browser_signs_in_while_others_guess_at_the_same_ip_address(client, known):
    for n in range(12):
        sign_in(client, f"editor{n}", "wrong")
    assert sign_in(client).status_code == 429
    assert sign_in(known).url == "/admin/"


def test_known_browser_has_a_limit_of_its_own(client, known):
    assert guess(known) == 200
    assert sign_in(known).status_code == 429
    assert sign_in(client).url == "/admin/"


def test_browser_is_known_after_the_second_step_only(client, editor):
    TOTP.activate(editor, generate_totp_secret())
    [code, *_] = RecoveryCodes.activate(editor).get_unused_codes()
    sign_in(client)
    assert not browser_cookies(client)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert browser_cookies(client)


def test_page_of_a_stolen_session_does_not_make_a_browser_known(client, editor):
    client.force_login(editor)
    client.get("/accounts/2fa/")
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert not browser_cookies(client)


def browser_cookies(client):
    return [name for name in client.cookies if name.startswith("known_browser")]


def test_cookie_of_one_account_does_not_help_with_another(client, known):
    make_editor("other")
    [name] = browser_cookies(known)
    sign_in(client, "other")
    [other] = browser_cookies(client)
    client.post("/accounts/logout/")
    client.cookies[name] = client.cookies[other].value
    guess(Client())
    assert sign_in(client).status_code == 429


def test_two_editors_of_one_browser_are_both_known(known):
    make_editor("other")
    sign_in(known, "other")
    known.post("/accounts/logout/")
    guess(Client())
    guess(Client(), login="other")
    assert sign_in(known).url == "/admin/"
    known.post("/accounts/logout/")
    assert sign_in(known, "other").url == "/admin/"


def test_new_password_forgets_all_browsers_but_the_one_that_set_it(client, known):
    sign_in(client)
    new = "another horse battery"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", form).status_code == 302
    client.post("/accounts/logout/")
    guess(Client())
    assert sign_in(client, password=new).url == "/admin/"
    assert sign_in(known, password=new).status_code == 429


def test_cookie_is_for_the_sign_in_alone(client, editor, settings):
    settings.SESSION_COOKIE_SECURE = True
    sign_in(client)
    [name] = browser_cookies(client)
    cookie = client.cookies[name]
    assert (cookie["path"], cookie["max-age"]) == ("/accounts/", 365 * 24 * 60 * 60)
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")


# Codes


def give_wrong_codes(client, times):
    return [client.post("/accounts/2fa/authenticate/", {"code": "wrong"}).status_code for _ in range(times)]


def test_sixth_wrong_code_is_answered_429(client, editor):
    TOTP.activate(editor, generate_totp_secret())
    sign_in(client)
    assert give_wrong_codes(client, 6) == [200] * 5 + [429]


def test_known_browser_may_give_a_code_while_others_guess_codes(client, known, editor):
    TOTP.activate(editor, generate_totp_secret())
    sign_in(client)
    give_wrong_codes(client, 5)
    sign_in(known)
    assert give_wrong_codes(known, 1) == [200]
    assert give_wrong_codes(client, 1) == [429]


def test_wrong_passwords_do_not_count_as_codes(client, editor):
    TOTP.activate(editor, generate_totp_secret())
    sign_in(client)
    guess(Client())
    assert give_wrong_codes(client, 1) == [200]


def test_sign_ins_by_passkey_are_not_limited(client, editor):
    guess(Client())
    wrong = {"credential": "{}"}
    assert {client.post("/accounts/2fa/webauthn/login/", wrong).status_code for _ in range(12)} != {429}
