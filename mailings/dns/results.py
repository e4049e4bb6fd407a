"""What a check of the mail's setup finds."""

from dataclasses import dataclass

from django.db.models import TextChoices


class State(TextChoices):
    FINE = "fine", "fine"
    WRONG = "wrong", "wrong"
    # It could not be asked, or the answer decides nothing. That is not wrong.
    UNKNOWN = "unknown", "not known"
    # Nobody must set it. Only settings have this state.
    UNSET = "unset", "not set"


@dataclass(frozen=True)
class Result:
    state: State
    sentence: str
    detail: str = ""
    # The TXT record to enter, if it is known: at which name, and its value.
    host: str = ""
    value: str = ""


def fine(sentence: str, detail: str = "") -> Result:
    return Result(State.FINE, sentence, detail)


def wrong(sentence: str, detail: str = "", host: str = "", value: str = "") -> Result:
    return Result(State.WRONG, sentence, detail, host if value else "", value)


def unknown(sentence: str, detail: str = "") -> Result:
    return Result(State.UNKNOWN, sentence, detail)


def is_below(name: str, domain: str) -> bool:
    """Return whether a name is this domain or stands below it."""
    return name == domain or name.endswith(f".{domain}")
