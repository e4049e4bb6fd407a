"""Signing in to the desk in a real browser, under the content security policy."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from playwright.sync_api import CDPSession, Page, expect

from sreweekly.accounts import MISMATCH
from tests.browser.desk import find_violations

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def insecure_origin(settings):
    """Allow passkeys on http://localhost, as with DEBUG on."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.MFA_TOTP_TOLERANCE = 1  # A code may expire while the test types it.


def give_password(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("User name or e-mail address").fill("editor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def give_code(page: Page, code: str, button: str = "Sign in") -> None:
    page.get_by_role("textbox", name="code").fill(code)
    page.get_by_role("button", name=button, exact=True).click()


def open_after_password(page: Page, path: str) -> None:
    """Open a page that asks for the password first."""
    page.goto(path)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():  # The next page needs its scripts.
        page.get_by_role("button", name="Continue").click()


def totp_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def plug_in_authenticator(page: Page) -> tuple[CDPSession, str]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    abilities = ["automaticPresenceSimulation", "hasResidentKey", "hasUserVerification", "isUserVerified"]
    options = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(abilities, True)}
    return devtools, devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def add_passkey(desk: Page) -> None:
    open_after_password(desk, "/accounts/2fa/webauthn/add/")
    desk.get_by_role("button", name="Add the passkey").click()
    expect(desk.get_by_role("heading", name="Recovery codes")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("/accounts/2fa/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You have signed out.")


def expect_desk(page: Page) -> None:
    expect(page).to_have_url(re.compile("/admin/$"))
    expect(page.get_by_role("heading", name="This week", exact=True)).to_be_visible()


def test_password_signs_in(page, editor):
    page.goto("/admin/")
    give_password(page)
    expect_desk(page)


def test_wrong_password_is_reported_and_the_user_name_kept(page, editor):
    page.goto("/admin/")
    give_password(page, "wrong")
    expect(page).to_have_title(re.compile("^Error: Sign in"))
    expect(page.get_by_role("alert")).to_contain_text(MISMATCH)
    expect(page.get_by_label("Password")).to_have_accessible_description(re.compile(re.escape(MISMATCH)))
    expect(page.get_by_label("User name or e-mail address")).to_have_value("editor")
    give_password(page)
    expect_desk(page)


def guess_until_refused(make_page, allowed_errors) -> None:
    """Try wrong passwords in another browser."""
    allowed_errors.append("429")
    stranger = make_page()
    stranger.goto("/accounts/login/")
    for _ in range(6):
        with stranger.expect_navigation():
            give_password(stranger, "wrong")
    expect(stranger.get_by_role("heading", name="Too many attempts")).to_be_visible()
    assert find_violations(stranger) == []


def test_known_browser_signs_in_while_another_one_guesses(page, editor, make_page, allowed_errors):
    page.goto("/admin/")
    give_password(page)
    expect_desk(page)
    sign_out(page)
    guess_until_refused(make_page, allowed_errors)
    give_password(page)
    expect_desk(page)


def test_passkey_signs_in_while_another_browser_guesses(desk, make_page, allowed_errors):
    plug_in_authenticator(desk)
    add_passkey(desk)
    sign_out(desk)
    desk.context.clear_cookies()
    guess_until_refused(make_page, allowed_errors)
    desk.goto("/admin/")
    desk.get_by_role("button", name="Sign in with a passkey").click()
    expect_desk(desk)


def test_passkey_alone_signs_in(desk):
    plug_in_authenticator(desk)
    add_passkey(desk)
    sign_out(desk)
    desk.goto("/admin/auth/user/")
    desk.get_by_role("button", name="Sign in with a passkey").click()
    expect(desk).to_have_url(re.compile("/admin/auth/user/$"))


def test_password_then_asks_for_the_passkey(desk):
    plug_in_authenticator(desk)
    add_passkey(desk)
    sign_out(desk)
    give_password(desk)
    desk.get_by_role("button", name="Use a passkey").click()
    expect_desk(desk)


def test_refused_passkey_is_reported(page, editor):
    devtools, authenticator = plug_in_authenticator(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")


def test_enter_in_the_name_field_adds_the_passkey(desk, editor):
    plug_in_authenticator(desk)
    open_after_password(desk, "/accounts/2fa/webauthn/add/")
    desk.get_by_label("Name").fill("Telephone")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert str(Authenticator.objects.get(user=editor, type="webauthn")) == "Telephone"


def test_passkey_is_renamed_and_removed(desk, editor):
    plug_in_authenticator(desk)
    add_passkey(desk)
    desk.goto("/accounts/2fa/webauthn/")
    desk.get_by_role("link", name="Rename Passkey 1").click()
    desk.get_by_label("Name").fill("Telephone")
    desk.get_by_role("button", name="Rename").click()
    desk.get_by_role("link", name="Remove Telephone").click()
    desk.get_by_role("button", name="Remove “Telephone”").click()
    expect(desk.get_by_text("You have no passkeys yet.")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_code_of_an_authenticator_app_is_required_once_it_is_added(desk):
    open_after_password(desk, "/accounts/2fa/totp/activate/")
    secret = desk.locator(".secret").inner_text()
    give_code(desk, totp_code(secret), button="Add the app")
    expect(desk.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(desk)
    give_password(desk)
    give_code(desk, "000000x")
    expect(desk.get_by_role("alert")).to_contain_text("not accepted")
    give_code(desk, totp_code(secret))
    expect_desk(desk)


def test_recovery_code_works_once(desk, editor):
    TOTP.activate(editor, generate_totp_secret())
    open_after_password(desk, "/accounts/2fa/recovery-codes/generate/")
    desk.get_by_role("button", name="Make new codes").click()
    code = desk.locator(".codes li").first.inner_text()
    sign_out(desk)
    give_password(desk)
    give_code(desk, code)
    expect_desk(desk)
    sign_out(desk)
    give_password(desk)
    give_code(desk, code)
    expect(desk.get_by_role("alert")).to_contain_text("not accepted")


def test_get_request_does_not_sign_out(desk):
    desk.goto("/accounts/logout/")
    desk.goto("/admin/")
    expect_desk(desk)


def expect_accessible(page: Page, title: str) -> None:
    expect(page).to_have_title(re.compile(f"^(Error: )?{title} · "))
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert find_violations(page) == []


def test_pages_before_signing_in_are_accessible(page, editor):
    TOTP.activate(editor, generate_totp_secret())
    page.goto("/accounts/password/reset/")
    expect_accessible(page, "Reset your password")
    page.goto("/admin/")
    expect_accessible(page, "Sign in")
    give_password(page, "wrong")
    expect_accessible(page, "Sign in")
    give_password(page)
    expect_accessible(page, "Second step")


def test_pages_of_a_signed_in_editor_are_accessible(desk):
    desk.goto("/accounts/password/change/")
    expect_accessible(desk, "Change password")
    open_after_password(desk, "/accounts/2fa/webauthn/add/")
    expect_accessible(desk, "Add a passkey")
    desk.goto("/accounts/2fa/totp/activate/")
    expect_accessible(desk, "Add an authenticator app")
    give_code(desk, totp_code(desk.locator(".secret").inner_text()), button="Add the app")
    expect_accessible(desk, "Recovery codes")
    desk.goto("/accounts/2fa/")
    expect_accessible(desk, "Sign-in and passkeys")
