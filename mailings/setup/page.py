"""The lines of the page “Is my mail set up right?”: from the settings, and from what was asked in the background."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateWorker

from mailings.composing import TOKEN
from mailings.dns.results import Result, State, fine, unknown, wrong
from mailings.imap import MailboxError, place_of
from mailings.leaving import leave_headers
from mailings.letters import problem_of_sender
from mailings.models.mailings import Mailing
from mailings.models.setup import SetupCheck
from mailings.preparing import NO_POSTAL_ADDRESS
from mailings.setup.questions import sender_now, subjects, why_not_asked
from text.mailboxes import read_mailbox

Name = SetupCheck.Name
DNS = (Name.SPF, Name.DKIM, Name.DMARC, Name.MX)
NOT_ASKED = unknown("Not asked yet.", "A worker asks once a day, or when you press “Ask again”.")
# What limits the messages of mailings: the setting, and its words.
RATES = {
    "MAILING_PER_SECOND": "a second",
    "MAILING_PER_HOUR": "an hour",
    "MAILING_PER_DAY": "a day",
    "MAILING_PER_DOMAIN_MINUTE": "a minute to each domain",
}


@dataclass(frozen=True)
class Line:
    """One line of the page."""

    title: str
    result: Result
    asked_at: datetime | None = None  # When a worker asked, if it did.


def load_page() -> dict[str, list[Line]]:
    """Return the lines below their headings. Three queries."""
    kept = load_kept()
    return {
        "Sender": sender_lines(),
        "DNS of the sender": [kept[name] for name in DNS],
        "Sending": [kept[Name.SERVER], Line("Rates", _rates()), Line("Worker", _worker()), Line("Last test", _test())],
        "Leaving": leaving_lines(),
    }


def load_kept() -> dict[str, Line]:
    """Return what is known of each check that a worker makes, by its name. One query."""
    rows = {row.name: row for row in SetupCheck.objects.all()}
    now = None if problem_of_sender() else sender_now()
    about = subjects(now) if now else {}
    obstacle = why_not_asked(now.domain) if now else ""
    lines: dict[str, Line] = {}
    for name in Name:
        row = rows.get(name)
        if row and row.subject == about.get(name):
            lines[name] = Line(name.label, row.result, row.asked_at)
        else:
            lines[name] = Line(name.label, unknown(obstacle) if obstacle and name in DNS else NOT_ASKED)
    return lines


def sender_lines() -> list[Line]:
    """No query."""
    return [
        Line("Sender", _sender()),
        Line(
            "Reply-To",
            _mailbox("NEWSLETTER_REPLY_TO", "Answers of readers go to {}.", "Answers of readers go to the sender."),
        ),
        Line("Postal address", _postal_address()),
        Line(
            "Bounce address",
            _mailbox("MAILING_BOUNCE_ADDRESS", "Bounces come to {}.", "Bounces come to the sender."),
        ),
        Line("Mailbox", _read_mailbox()),
    ]


def leaving_lines() -> list[Line]:
    """No query."""
    unset = "Who leaves uses the link or the button."
    return [
        Line("HTTPS", _https()),
        Line("One click", _one_click()),
        Line("By mail", _mailbox("NEWSLETTER_LEAVE_TO", "Mail programs may also write to {} to leave.", unset)),
    ]


def _sender() -> Result:
    if problem := problem_of_sender():
        return wrong(problem, "For example: SRE Weekly <newsletter@…>.")
    return fine(f"Issues come from {settings.NEWSLETTER_FROM}.")


def _mailbox(setting: str, told: str, without: str) -> Result:
    """Return whether a setting is an address, if it is set."""
    if not (text := getattr(settings, setting)):
        return Result(State.UNSET, without, f"The setting is {setting}.")
    try:
        read_mailbox(parseaddr(text)[1])
    except ValidationError as error:
        return wrong(f"{setting} is no address: “{text}”.", " ".join(error.messages))
    return fine(told.format(text))


def _read_mailbox() -> Result:
    if not settings.MAILING_MAILBOX:
        told = "The setting is MAILING_MAILBOX. A provider may report them."
        return Result(State.UNSET, "No mailbox is read for bounces.", told)
    try:
        place = place_of(settings.MAILING_MAILBOX)
    except MailboxError as error:
        return wrong(str(error))
    return fine(f"Bounces, complaints and unsubscribes are read at {place.host}.")


def _postal_address() -> Result:
    if address := settings.NEWSLETTER_POSTAL_ADDRESS:
        return fine(f"Each mail ends with: {address}")
    return wrong(NO_POSTAL_ADDRESS, "Until then mail is held.")


def _rates() -> Result:
    limits = [f"{getattr(settings, name):g} {words}" for name, words in RATES.items() if getattr(settings, name)]
    if limits:
        return fine(f"At most {', '.join(limits)}.")
    told = "A sender whom nobody knows yet should begin with some hundred a day: MAILING_PER_DAY, MAILING_PER_HOUR."
    return Result(State.UNSET, "Mails go out as fast as the server takes them.", told)


def _worker() -> Result:
    seen_at = ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True).first()
    if seen_at and seen_at > timezone.now() - timedelta(seconds=settings.WORKER_TIMEOUT):
        return fine("A worker is running.")
    told = f"The last one was seen {_moment(seen_at)}." if seen_at else ""
    return wrong("No worker is running, so nothing is sent or asked.", told)


def _test() -> Result:
    tested = Mailing.objects.exclude(tested_at=None).select_related("issue").only("tested_at", "issue__title")
    if (mailing := tested.order_by("-tested_at").first()) is None or mailing.tested_at is None:
        told = "Open the next issue, its mail, and press “Send me a test”. Look at where it lands."
        return Result(State.UNSET, "No test was sent yet.", told)
    return fine(f"The last one was of {mailing.issue}, {_moment(mailing.tested_at)}.")


def _https() -> Result:
    if settings.SITE_URL.startswith("https://"):
        return fine(f"The links of mails lead to {settings.SITE_URL}.")
    if settings.DEBUG:
        return unknown("Not looked at in development.")
    return wrong(f"The links of mails lead to {settings.SITE_URL}, without encryption.", "Set SITE_URL to https://….")


def _one_click() -> Result:
    if "List-Unsubscribe-Post" in leave_headers(TOKEN):
        return fine("Mail programs show a button of their own by which readers leave.")
    if settings.DEBUG:
        return unknown("Not looked at in development.")
    return wrong("Mail programs show no button to leave: RFC 8058 wants HTTPS.", "Large providers ask for that button.")


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
