from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

import sreweekly.settings
from sreweekly.accounts import MISMATCH, PAGES, AccountAdapter, MFAAdapter
from tests.make import make_editor

PASSWORD = "correct horse battery"


def sign_in(client, login="editor", password=PASSWORD, **extra):
    return client.post("/accounts/login/", {"login": login, "password": password}, **extra)


@pytest.fixture
def editor(db):
    return make_editor()


def test_page_that_was_requested_opens_after_sign_in(client, editor):
    response = client.get("/admin/auth/user/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Fauth%2Fuser%2F"
    form = {"login": "editor", "password": PASSWORD, "next": "/admin/auth/user/"}
    assert client.post("/accounts/login/", form).url == "/admin/auth/user/"


def test_sign_in_does_not_redirect_to_another_site(client, editor):
    form = {"login": "editor", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", form).url == "/admin/"


def test_user_who_is_not_an_editor_is_refused(client, db):
    client.force_login(User.objects.create_user("reader", password=PASSWORD))
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "account/no_editor.html" in [template.name for template in response.templates]


def test_address_signs_in_however_it_is_stored(client, editor):
    User.objects.filter(pk=editor.pk).update(email="Ed.Itor@Example.com")
    assert sign_in(client, "ed.itor@example.com").url == "/admin/"


def test_address_of_a_former_editor_signs_in_the_present_one(client, editor):
    User.objects.create_user("former", editor.email, "former horse battery", is_active=False)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    present = User.objects.create_superuser("present", editor.email, PASSWORD)
    sign_in(client, editor.email)
    assert client.session["_auth_user_id"] == str(present.pk)


def test_user_name_goes_before_an_address(client, editor):
    other = User.objects.create_superuser(editor.email, "other@example.com", "another horse battery")
    sign_in(client, editor.email, "another horse battery")
    assert client.session["_auth_user_id"] == str(other.pk)


@pytest.mark.parametrize("login", ["", "ed\0itor", "x" * 300])
def test_login_that_cannot_be_one_is_an_error_at_its_field(client, editor, login):
    assert "login" in sign_in(client, login).context["form"].errors


def test_pages_for_sign_up_and_for_addresses_do_not_exist(client, db):
    for path in ("signup/", "signup/passkey/", "2fa/webauthn/signup/", "email/", "login/code/confirm/", "3rdparty/"):
        assert client.get(f"/accounts/{path}").status_code == 404
        assert client.post(f"/accounts/{path}").status_code == 404


def test_sign_up_is_closed_in_allauth(rf):
    assert not AccountAdapter().is_open_for_signup(rf.get("/"))


@pytest.mark.parametrize("login", ["editor", "ｅｄｉｔｏｒ", "Editor@Example.com"])
def test_user_name_or_address_signs_in(client, editor, login):
    assert sign_in(client, login).url == "/admin/"


def test_wrong_password_does_not_reveal_who_has_an_account(client, editor):
    logins = ("editor", "nobody", "editor@example.com", "nobody@example.com")
    errors = [sign_in(client, login, "wrong").context["form"].errors for login in logins]
    assert errors == [{"password": [MISMATCH]}] * 4


@pytest.fixture
def hashes(monkeypatch, settings):
    """Return a list that grows with each run of Argon2."""
    settings.PASSWORD_HASHERS = sreweekly.settings.PASSWORD_HASHERS
    runs = []

    def counted(method):
        def run(*args, **kwargs):
            runs.append(method)
            return method(*args, **kwargs)

        return run

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted(Argon2PasswordHasher.encode))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted(Argon2PasswordHasher.verify))
    return runs


@pytest.mark.parametrize("login", ["editor", "editor@example.com", "nobody", "nobody@example.com", "left", "keyholder"])
def test_sign_in_takes_the_same_work_whether_the_account_exists_or_not(
    client, db, hashes, django_assert_num_queries, login
):
    make_editor()
    User.objects.create_user("left", password=PASSWORD, is_active=False)
    User.objects.create_user("keyholder")  # Without a password.
    hashes.clear()
    with django_assert_num_queries(26):
        assert sign_in(client, login, "wrong").status_code == 200
    assert len(hashes) == 1


def test_no_page_may_be_cached(client, editor):
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(editor, generate_totp_secret())
    RecoveryCodes.activate(editor)
    for route in [route for route, _, _ in PAGES if "<" not in route]:
        response = client.get(f"/accounts/{route}")
        assert response.status_code in (200, 302), route
        assert "no-store" in response["Cache-Control"], route


def test_session_cookie_lasts_two_weeks_and_is_hidden_from_scripts(client, editor):
    cookie = sign_in(client).cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (14 * 24 * 60 * 60, True, "Lax")
    assert sreweekly.settings.SESSION_COOKIE_SECURE


def test_readers_get_no_cookie(client, db):
    client.get("/")
    assert not client.cookies


def test_passwords_are_long_and_hashed_with_argon2():
    with pytest.raises(ValidationError, match="at least 12"):
        validate_password("eleven-char")
    assert "Argon2" in sreweekly.settings.PASSWORD_HASHERS[0]


def test_admin_s_password_change_redirects_to_allauth(client, editor):
    client.force_login(editor)
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"


def test_secrets_of_authenticators_are_not_in_the_admin():
    assert not admin.site.is_registered(Authenticator)


def test_qr_code_is_inline_svg():
    svg = MFAAdapter().build_totp_svg("otpauth://totp/editor?secret=ABC")
    assert svg.startswith('<svg class="qr-code" viewBox="0 0 37 37"')
    assert 'd="M4 4h1v1h-1zM5 4h1v1h-1z' in svg


def test_reset_second_factor_removes_everything_of_one_editor(editor):
    other = make_editor("other")
    for user in (editor, other):
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    call_command("reset_second_factor", "editor", stdout=StringIO())
    assert {row.user for row in Authenticator.objects.all()} == {other}


def test_reset_second_factor_names_an_unknown_user(db):
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_factor", "nobody")
