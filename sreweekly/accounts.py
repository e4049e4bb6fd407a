"""Sign-in to the desk, by django-allauth. There is no sign-up: editors are added by other editors."""

import unicodedata

import qrcode  # type: ignore[import-untyped]
from allauth.account import forms as account_forms
from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.ratelimit import consume
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, re_path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sreweekly.attempts import attempt, normalize, remembers_browser, too_many_attempts
from sreweekly.tasks import send_password_reset

MISMATCH = "The user name or the password is wrong. Check both, and try again."


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {**DefaultAccountAdapter.error_messages, "username_password_mismatch": MISMATCH}

    def is_open_for_signup(self, request):
        return False


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


def find_account(login: str) -> User | None:
    """Return the account with this user name, or else with this e-mail address. One query in any case."""
    matches = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).order_by("-is_active", "pk")
    return max(matches, key=lambda user: normalize(user.username) == normalize(login), default=None)


class LoginForm(account_forms.LoginForm):
    account: User | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Not of the length of a user name, because it may be an e-mail address.
        self.fields["login"] = forms.CharField(label="User name or e-mail address", max_length=254)
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self.fields["password"].help_text = ""  # The page has its own link below the form.

    def clean_login(self):
        """Return the user name of the account that is meant, or what was entered if there is none."""
        login = unicodedata.normalize("NFKC", self.cleaned_data["login"]).strip()
        self.account = find_account(login)
        return self.account.username if self.account else login

    def clean(self):
        if self.errors:
            return self.cleaned_data
        try:
            with attempt(self.request, "password", self.account, self.cleaned_data["login"]):
                return super().clean()
        except ValidationError as error:
            self.add_error("password", error)  # At a field, so that a screen reader announces it there.


class ReauthenticateForm(account_forms.ReauthenticateForm):
    def clean_password(self):
        with attempt(context.request, "password", self.user):
            return super().clean_password()


class AuthenticateByCodeForm(mfa_forms.AuthenticateForm):
    def clean_code(self):
        with attempt(context.request, "code", self.user):
            return super().clean_code()


class ReauthenticateByCodeForm(mfa_forms.ReauthenticateForm):
    def clean_code(self):
        with attempt(context.request, "code", self.user):
            return super().clean_code()


class AddPasskeyForm(AddWebAuthnForm):
    passwordless = forms.BooleanField(
        required=False,
        initial=True,
        label="Sign in with this passkey alone",
        help_text="Untick this for a key without fingerprint, face or PIN. It is then used after the password.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Defer a mail with a link to choose a new password.

    The job looks the address up. The request does the same for each address, so it does not tell who has an account.
    """
    form = PasswordResetForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/password_reset.html", {"form": form})
    address = form.cleaned_data["email"]
    if not consume(request, action="reset_password", key=normalize(address)):
        return too_many_attempts(request, minutes=60)
    send_password_reset.defer(address=address)
    return redirect("account_reset_password_done")


# The addresses of allauth that the desk needs. Those for sign-up and for e-mail addresses are left out.
PAGES = [
    ("login/", account.login, "account_login"),
    ("logout/", account.logout, "account_logout"),
    ("inactive/", account.account_inactive, "account_inactive"),
    ("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    ("password/change/", account.password_change, "account_change_password"),
    ("password/set/", account.password_set, "account_set_password"),
    ("password/reset/", password_reset, "account_reset_password"),
    ("password/reset/done/", account.password_reset_done, "account_reset_password_done"),
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
    *(path(route, never_cache(remembers_browser(view)), name=name) for route, view, name in PAGES),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        never_cache(remembers_browser(account.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
]
