"""Signing up: the form, and the page that says where to look next.

The form also stands on public pages, which are the same for everybody, so it has no token. What is posted is accepted
if the browser says that it comes from this site. From others, which say nothing or are elsewhere, a second press of the
button is asked for, on a page that is at least two seconds old.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mailings.models.subscribers import Subscriber
from mailings.pages import can_write, former_page, is_within_limit, private, see_other, too_many
from mailings.tasks import write_letter
from text.mailboxes import read_mailbox

# The field that people do not see. Programs fill in every field.
TRAP = "topic"
# Where a form says it stands.
SOURCES = {"home": "form: /", "issue": "form: pages of issues"}
# Seconds in which nobody reads a page and presses its button, and after which it is too old.
SHORTEST, LONGEST = 2, 24 * 3600
# Characters that are read of what was typed.
MOST_TYPED = 1000
PAGE = "mailings/subscribe.html"


@csrf_exempt
def subscribe(request: HttpRequest) -> HttpResponse:
    """Let readers sign up, if letters can be sent. If not, the address is free for a page of the editor's."""
    return sign_up(request) if can_write() else former_page(request, "subscribe")


@private
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form, or take an address. The answer and its queries are the same for every address."""
    if request.method != "POST":
        return _show(request)
    if request.POST.get(TRAP):
        return see_other("subscribe_sent")
    typed = request.POST.get("address", "")[:MOST_TYPED]
    try:
        mailbox = read_mailbox(typed)
    except ValidationError as error:
        return _show(request, 400, typed=typed, problem=error.messages[0])
    if request.headers.get("Sec-Fetch-Site") != "same-origin" and (question := _check_stamp(request)):
        return _show(request, 400 if "stamp" in request.POST else 200, typed=typed, question=question)
    if not is_within_limit(request, "sign_up"):
        return too_many(request, PAGE, typed=typed, stamp=_stamp())
    source = SOURCES.get(request.POST.get("form", ""), "form: /subscribe/")
    with transaction.atomic():
        subscriber_id, is_due = Subscriber.objects.sign_up(mailbox, source, _consent())
        write_letter.defer(subscriber_id=subscriber_id, is_due=is_due)
    return see_other("subscribe_sent")


@private
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    if not can_write():
        raise Http404("Nobody can subscribe by mail.")
    return render(request, "mailings/sent.html")


@private
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    if not can_write():
        raise Http404("Nobody can subscribe by mail.")
    return render(request, "mailings/privacy.html")


def _show(request: HttpRequest, status: int = 200, **context: object) -> HttpResponse:
    return render(request, PAGE, {"stamp": _stamp(), **context}, status=status)


def _stamp() -> str:
    """Return the present time, signed."""
    return Signer(salt="mailings.sign_up").sign(str(round(timezone.now().timestamp() * 1000)))


def _check_stamp(request: HttpRequest) -> str:
    """Return what to say if the page was not from here, or is not old enough, or is too old. Empty if it is right."""
    if "stamp" not in request.POST:
        return "One press is left: is this your address?"
    try:
        made = int(Signer(salt="mailings.sign_up").unsign(request.POST["stamp"])) / 1000
    except (BadSignature, ValueError):
        return "This page was too old. Press the button again."
    age = timezone.now().timestamp() - made
    if age < SHORTEST:
        return "That was too quick for us. Press the button again."
    return "This page was too old. Press the button again." if age > LONGEST else ""


def _consent() -> str:
    return f"{settings.NEWSLETTER_NAME} by mail, asked for at {settings.SITE_URL}"[:300]
