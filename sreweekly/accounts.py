"""Sign-in to the desk, by django-allauth. There is no sign-up: editors are added by other editors."""

import qrcode  # type: ignore[import-untyped]
from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.urls import path, re_path
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

MISMATCH = "The user name or the password is wrong. Check both, and try again."


class AccountAdapter(DefaultAccountAdapter):
    # The same message for a user name and an e-mail address, so that it does not reveal who has an account.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
    }

    def is_open_for_signup(self, request):
        return False

    def validation_error(self, code, *args):
        """Answer 429 instead of a form error when a rate limit is reached."""
        if code in {"too_many_login_attempts", "rate_limited"}:
            response = respond_429(self.request)
            add_never_cache_headers(response)
            raise ImmediateHttpResponse(response)
        return super().validation_error(code, *args)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code or passkey was not accepted. Try again.",
    }

    def generate_authenticator_name(self, user, type):
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def build_totp_svg(self, url: str) -> SafeString:
        """Return the QR code as inline SVG, because the content security policy forbids allauth's data: image."""
        code = qrcode.QRCode(border=4)  # ISO/IEC 18004: four modules of quiet zone.
        code.add_data(url)
        rows = code.get_matrix()
        squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark]
        return format_html(
            '<svg class="qr-code" viewBox="0 0 {0} {0}" role="img" aria-label="QR code" shape-rendering="crispEdges">'
            '<path d="{1}"/></svg>',
            len(rows),
            "".join(squares),
        )


class LoginForm(AllauthLoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self.fields["password"].help_text = ""  # The page has its own link below the form.

    def clean(self):
        try:
            return super().clean()
        except ValidationError as error:
            self.add_error("password", error)  # At a field, so that a screen reader announces it there.


class AddPasskeyForm(AddWebAuthnForm):
    passwordless = forms.BooleanField(
        required=False,
        initial=True,
        label="Sign in with this passkey alone",
        help_text="Untick this for a key without fingerprint, face or PIN. It is then used after the password.",
    )


# The addresses of allauth that the desk needs. Those for sign-up and for e-mail addresses are left out.
PAGES = [
    ("login/", account.login, "account_login"),
    ("logout/", account.logout, "account_logout"),
    ("inactive/", account.account_inactive, "account_inactive"),
    ("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    ("password/change/", account.password_change, "account_change_password"),
    ("password/set/", account.password_set, "account_set_password"),
    ("password/reset/", account.password_reset, "account_reset_password"),
    ("password/reset/done/", account.password_reset_done, "account_reset_password_done"),
    ("password/reset/key/done/", account.password_reset_from_key_done, "account_reset_password_from_key_done"),
    ("2fa/", mfa.index, "mfa_index"),
    ("2fa/authenticate/", mfa.authenticate, "mfa_authenticate"),
    ("2fa/reauthenticate/", mfa.reauthenticate, "mfa_reauthenticate"),
    ("2fa/totp/activate/", totp.activate_totp, "mfa_activate_totp"),
    ("2fa/totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    ("2fa/recovery-codes/", recovery_codes.view_recovery_codes, "mfa_view_recovery_codes"),
    ("2fa/recovery-codes/generate/", recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    ("2fa/recovery-codes/download/", recovery_codes.download_recovery_codes, "mfa_download_recovery_codes"),
    ("2fa/webauthn/", webauthn.list_webauthn, "mfa_list_webauthn"),
    ("2fa/webauthn/login/", webauthn.login_webauthn, "mfa_login_webauthn"),
    ("2fa/webauthn/add/", webauthn.add_webauthn, "mfa_add_webauthn"),
    ("2fa/webauthn/reauthenticate/", webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    ("2fa/webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, "mfa_edit_webauthn"),
    ("2fa/webauthn/keys/<int:pk>/remove/", webauthn.remove_webauthn, "mfa_remove_webauthn"),
]
urlpatterns = [
    *(path(route, never_cache(view), name=name) for route, view, name in PAGES),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        never_cache(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
]
