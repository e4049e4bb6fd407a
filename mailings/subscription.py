"""The pages behind the links in mails: confirm, leave, pause, change the address, see and forget what is held.

A token in the address says whose subscription it is. A GET changes nothing, because scanners of mail open every link.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues.models.issues import Issue
from mailings.history import held_about
from mailings.letters import is_suppressed
from mailings.models.subscribers import State, Subscriber
from mailings.pages import can_write, gone, is_within_limit, private, see_other, too_many
from mailings.tasks import write_to_new_address
from text.mailboxes import Mailbox, read_mailbox

type View = Callable[[HttpRequest, Subscriber], HttpResponse]


def of_subscriber(field: str = "token") -> Callable[[View], Callable[..., HttpResponse]]:
    """Give the view the subscriber whose token is in the address. A POST locks the row until it is answered."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @private
        @wraps(view)
        def answer(request: HttpRequest, token: str) -> HttpResponse:
            with transaction.atomic():
                rows = Subscriber.objects.all()
                if request.method == "POST":
                    rows = rows.select_for_update()
                subscriber = rows.filter(**{field: token}).first()
                return view(request, subscriber) if subscriber else gone(request)

        return answer

    return decorate


@of_subscriber()
def subscription(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Say what the subscription is, with what can be done about it."""
    return _show(request, "subscription", subscriber, is_suppressed=is_suppressed(subscriber.address))


@of_subscriber()
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method != "POST":
        return _show(request, "confirm", subscriber)
    subscriber.come_back()
    return see_other("welcome", subscriber.token)


@of_subscriber()
@require_safe
def welcome(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if subscriber.state != State.ACTIVE or is_suppressed(subscriber.address):
        return see_other("subscription", subscriber.token)
    return _show(request, "welcome", subscriber, latest=Issue.objects.published().first())


@of_subscriber()
def leave(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Leave by the button, or by a mail program, which posts List-Unsubscribe=One-Click: RFC 8058, no redirect."""
    if request.method != "POST":
        return (
            see_other("subscription", subscriber.token) if subscriber.left_at else _show(request, "leave", subscriber)
        )
    subscriber.leave()
    if _is_from_button(request):
        return see_other("subscription", subscriber.token)
    return HttpResponse("You have left, and get no more mail.\n", "text/plain; charset=utf-8")


def _is_from_button(request: HttpRequest) -> bool:
    """Return whether our own page was posted. A mail program's body that cannot be read is no reason to refuse it."""
    try:
        return "button" in request.POST
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return False


@of_subscriber()
def pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method != "POST":
        return _show(request, "pause", subscriber)
    if subscriber.state in (State.ACTIVE, State.PAUSED):
        subscriber.pause()
    return see_other("subscription", subscriber.token)


@of_subscriber()
def resume(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method != "POST":
        return _show(request, "resume", subscriber)
    subscriber.come_back()
    return see_other("subscription", subscriber.token)


@of_subscriber()
def change_address(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask for a new address, and write to it. Nothing tells whether it is on the list, or whether a letter was due."""
    if not can_write() or subscriber.state not in (State.ACTIVE, State.PAUSED, State.BOUNCED):
        return see_other("subscription", subscriber.token)
    if request.method != "POST":
        return _show(request, "address", subscriber)
    typed = request.POST.get("address", "")[:1000]
    try:
        mailbox = _read_other(typed, subscriber)
    except ValidationError as error:
        return _show(request, "address", subscriber, status=400, typed=typed, problem=error.messages[0])
    if not is_within_limit(request, "sign_up") or not is_within_limit(request, "new_address", subscriber.token):
        return too_many(request, "mailings/address.html", subscriber=subscriber, typed=typed)
    subscriber.ask_for_address(mailbox)
    if is_within_limit(request, "letter", mailbox.key):
        write_to_new_address.defer(subscriber_id=subscriber.pk)
    return see_other("subscribe_sent")


def _read_other(typed: str, subscriber: Subscriber) -> Mailbox:
    mailbox = read_mailbox(typed)
    if mailbox.key == subscriber.key:
        raise ValidationError("This is the address that you have. Type another.", code="same")
    return mailbox


@of_subscriber("new_token")
def new_address(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Confirm a new address by the link that was sent to it."""
    if request.method != "POST":
        return _show(request, "new_address", subscriber)
    try:
        with transaction.atomic():
            taken = subscriber.take_new_address()
    except IntegrityError:  # Somebody signed up with this address just now: that row stays, and this one leaves.
        subscriber.refresh_from_db()
        taken = subscriber.take_new_address()
    return see_other("welcome", taken.token)


@of_subscriber()
@require_safe
def held(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Download everything that is held about a subscriber."""
    response = JsonResponse(held_about(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="subscription.json"'
    return response


@of_subscriber()
def forget(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method != "POST":
        return _show(request, "forget", subscriber)
    subscriber.forget()
    return render(request, "mailings/forgotten.html")


def _show(
    request: HttpRequest, name: str, subscriber: Subscriber, *, status: int = 200, **context: object
) -> HttpResponse:
    return render(request, f"mailings/{name}.html", {"subscriber": subscriber, **context}, status=status)
