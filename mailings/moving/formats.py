"""The lists of subscribers that other services export: recognised by the names of their columns.

docs/mailing.md describes them for editors. A new one is an entry of FORMATS.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum


class There(Enum):
    """What somebody is at the service that the list comes from."""

    SUBSCRIBED = "subscribed"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNCONFIRMED = "unconfirmed"
    # Their server did not take one mail. That says nothing about the mailbox.
    BLOCKED = "blocked"
    # In our own exports.
    PENDING = "pending"
    SUPPRESSED = "suppressed"


GONE = (There.LEFT, There.BOUNCED, There.COMPLAINED)
# Words for a state, without marks and spaces. What is in no list is not guessed.
_WORDS = {
    There.SUBSCRIBED: "subscribed active enabled confirmed optin optedin regular premium gifted trialed ok valid",
    There.LEFT: (
        "unsubscribed unsubscribe optout optedout left disabled blocklisted blacklisted removed deleted inactive "
        "cancelled canceled archived globalunsubscribe suppressed donotmail"
    ),
    There.BOUNCED: "bounced bounce hardbounced hardbounce cleaned undeliverable invalid dropped",
    There.COMPLAINED: "complained complaint complaints spam spamcomplaint spamreport abuse abusecomplaint markedasspam",
    There.UNCONFIRMED: (
        "unconfirmed pending unactivated notconfirmed nonsubscribed transactional unverified waiting needsconfirmation"
    ),
}
WORDS = {word: there for there, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True)
class Format:
    """A list of a service. Columns are named as key_of() returns them."""

    key: str  # For --source.
    name: str
    marks: tuple[frozenset[str], ...] = ()  # Columns by which it is known: one of these sets.
    # Where these are not enough, also a pattern of its usual name.
    marks_if_named: tuple[frozenset[str], ...] = ()
    file_name: str = ""
    everybody: There | None = None  # What all of the list are.
    address: tuple[str, ...] = ("email", "email_address", "address", "e_mail")
    status: tuple[str, ...] = ()  # With a word for the state.
    is_subscribed: tuple[str, ...] = ()  # With yes or no.
    is_gone: tuple[str, ...] = ()  # With yes or no: left.
    # Dates. That of consent is that of the first column with one.
    confirmed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()
    complained: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    note: str = ""  # What the operator should know, as a sentence.

    @property
    def columns_read(self) -> set[str]:
        """Return the columns that decide whether somebody is mailed."""
        return {*self.status, *self.is_subscribed, *self.is_gone, *self.left, *self.bounced, *self.complained}

    def fits(self, columns: set[str], file_name: str) -> bool:
        is_named = self.file_name and re.search(self.file_name, file_name, re.IGNORECASE)
        return any(mark <= columns for mark in (*self.marks, *(self.marks_if_named if is_named else ())))


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(columns.split()) for columns in sets)


_UNSUBSCRIBED = ("unsub_time", "unsubscribed_at", "unsubscribe_date", "unsubscription_date", "opt_out_time", "left_at")
_SUPPRESSIONS = _marks("email created", "email created_at")
_SENDGRID = (
    "SendGrid’s contacts do not say who left, bounced or complained. Import its lists of suppressions, too: bounces, "
    "spam_reports, unsubscribes."
)
OWN = Format(
    "own",
    "this program",
    _marks("address state source added consent confirmed left bounced complained"),
    address=("address",),
    left=("left",),
    bounced=("bounced",),
    complained=("complained",),
    confirmed=("confirmed",),
    why=("bounce",),
)
PLAIN = Format(
    "plain",
    "a plain list",
    address=(
        *("email", "email_address", "e_mail", "e_mail_address", "address", "mail", "subscriber_email", "subscriber"),
        *("recipient", "contact", "adresse", "e_mail_adresse", "correo", "courriel", "user_email", "primary_email"),
    ),
    status=("status", "state", "subscription_status", "subscriber_status", "email_marketing_status", "email_status"),
    is_subscribed=("subscribed", "is_subscribed", "opted_in", "active", "is_active"),
    is_gone=("unsubscribed", "is_unsubscribed", "opted_out", "opt_out", "optout", "email_disabled", "deleted"),
    confirmed=("confirmed_at", "confirm_time", "confirmation_date", "confirmed_on", "opt_in_time", "optin_time"),
    left=_UNSUBSCRIBED,
    bounced=("bounced_at", "clean_time", "bounce_date", "bounced_on"),
    complained=("complained_at", "complaint_date", "complained_on"),
)
# In the order in which they are tried.
FORMATS = (
    OWN,
    Format(
        "mailchimp-unsubscribed",
        "Mailchimp, unsubscribed",
        _marks("email_address unsub_time", "unsub_time euid"),
        everybody=There.LEFT,
        left=("unsub_time",),
        why=("unsub_reason",),
    ),
    Format(
        "mailchimp-cleaned",
        "Mailchimp, cleaned",
        _marks("email_address clean_time", "clean_time euid"),
        everybody=There.BOUNCED,
        bounced=("clean_time",),
    ),
    Format(
        "mailchimp-nonsubscribed",
        "Mailchimp, not subscribed",
        marks_if_named=_marks("email_address optin_time", "optin_time euid"),
        file_name=r"(non|not)[_ -]?subscribed|transactional",
        everybody=There.UNCONFIRMED,
    ),
    Format(
        "mailchimp",
        "Mailchimp",
        _marks("email_address optin_time", "optin_time euid", "email_address member_rating"),
        status=("email_marketing_status", "status"),
        confirmed=("confirm_time", "optin_time"),
    ),
    Format(
        "substack",
        "Substack",
        _marks("email active_subscription", "email email_disabled", "email stripe_plan"),
        is_gone=("email_disabled",),
        confirmed=("created_at", "subscription_created_at", "start_date"),
    ),
    Format(
        "ghost",
        "Ghost",
        _marks("email subscribed_to_emails", "email complimentary_plan"),
        is_subscribed=("subscribed_to_emails",),
        left=("deleted_at",),
        confirmed=("created_at",),
    ),
    Format(
        "buttondown",
        "Buttondown",
        _marks(
            *("email subscriber_type", "email_address subscriber_type", "email_address creation_date"),
            *("email unsubscription_date", "email_address unsubscription_date", "email creation_date type"),
        ),
        status=("subscriber_type", "type"),
        left=("unsubscription_date",),
        bounced=("undeliverability_date",),
        confirmed=("creation_date",),
        why=("undeliverability_reason", "unsubscription_reason"),
    ),
    Format(
        "listmonk",
        "listmonk",
        _marks("email attributes", "uuid email status"),
        status=("status", "subscription_status"),
    ),
    Format(
        "sendgrid-spam-reports",
        "SendGrid, spam reports",
        _marks("email created ip"),
        marks_if_named=_SUPPRESSIONS,
        file_name=r"spam",
        everybody=There.COMPLAINED,
        complained=("created", "created_at"),
    ),
    Format(
        "sendgrid-blocks",
        "SendGrid, blocks",
        marks_if_named=_marks("email reason created"),
        file_name="block",
        everybody=There.BLOCKED,
        note="SendGrid blocks nobody for longer than one mail, so this list changes nothing.",
    ),
    Format(
        "sendgrid-invalid",
        "SendGrid, invalid addresses",
        marks_if_named=_marks("email reason created"),
        file_name="invalid",
        everybody=There.BOUNCED,
        bounced=("created",),
        why=("reason",),
    ),
    Format(
        "sendgrid-bounces",
        "SendGrid, bounces",
        _marks("email reason created"),
        everybody=There.BOUNCED,
        bounced=("created",),
        why=("reason",),
    ),
    Format(
        "sendgrid-unsubscribes",
        "SendGrid, unsubscribes",
        marks_if_named=_SUPPRESSIONS,
        file_name=r"unsub|suppress|opt[_ -]?out",
        everybody=There.LEFT,
        left=("created", "created_at"),
    ),
    Format(
        "sendgrid",
        "SendGrid",
        _marks("email contact_id", "email alternate_emails", "email phone_number_id"),
        note=_SENDGRID,
    ),
    PLAIN,
)
# Lists with nothing but addresses, whose names say what became of them.
PLAIN_OF_GONE = tuple(
    replace(PLAIN, key=f"plain-{there.value}", name=f"a plain list of who {words}", file_name=pattern, everybody=there)
    for there, words, pattern in (
        (There.COMPLAINED, "complained", r"spam|complain|abuse"),
        (There.BOUNCED, "bounced", r"bounce|cleaned|invalid|undeliver"),
        (There.LEFT, "left", r"unsub|suppress|opt[_ -]?out|blocklist|blacklist"),
    )
)
BY_KEY = {one.key: one for one in (*FORMATS, *PLAIN_OF_GONE)}


def choose_format(columns: set[str], file_name: str) -> Format:
    """Return the format of a list with these columns, named by key_of(). A plain list, if it is none of a service."""
    if form := next((one for one in FORMATS if one.fits(columns, file_name)), None):
        return form
    if columns & PLAIN.columns_read:
        return PLAIN
    return next((one for one in PLAIN_OF_GONE if re.search(one.file_name, file_name, re.IGNORECASE)), PLAIN)


def key_of(column: str) -> str:
    """Return a column's name in small letters, with “_” for whatever else is in it: “E-Mail” is e_mail."""
    return re.sub(r"[\W_]+", "_", column.casefold()).strip("_")
