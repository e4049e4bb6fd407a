"""What mail servers say: their status codes (RFC 3463), and whether a mailbox is gone for good."""

import re

# RFC 3463, section 2: class, subject, detail.
_STATUS = re.compile(r"(?<![\w.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![\w.]*\d)")
# RFC 3463, sections 3.2 and 3.3, and RFC 7505: no such mailbox, no such domain, no address at all, the mailbox has
# moved, the domain takes no mail, the mailbox is disabled. Everything else that is permanent is about this message, or
# about its sender: 5.7.1 is said to whole newsletters that are taken for spam.
_NO_MAILBOX = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# RFC 3463, section 3.8: security or policy. A regular expression of PostgreSQL.
IS_BLOCK = r"\y[45]\.7\.[0-9]"
# Says nothing: the words decide then.
_OTHER = {"", "5.0.0", "5.1.0"}
_WORDS = re.compile(
    r"user unknown|unknown user|unknown recipient|no such (?:user|mailbox|recipient)|no mailbox here"
    r"|(?:user|mailbox|account|recipient|address)\b.{0,80}\b(?:does not|doesn.t|do not|not) exist",
    re.IGNORECASE,
)
# Also “ada=example.com”, as addresses for bounces have it, and “ada%40example.com”, as links do.
_ADDRESS = re.compile(
    r"[^\s<>\"'()\[\],;:@][^\s<>\"()\[\],;:@]*(?:@|%40)[^\s<>\"'()\[\],;:@]+|\b[\w.+-]+=[\w-]+(?:\.[\w-]+)+"
)


def is_no_mailbox(reason: str, status: str = "") -> bool:
    """Return whether a refusal says that the mailbox is gone for good: a hard bounce. Others are soft.

    Without a status code that says something, the one in the words counts, then the words themselves.
    """
    code = find_status(reason) if status in _OTHER else status
    if code not in _OTHER:
        return code in _NO_MAILBOX
    return not re.match(r"\s*4\d\d\b", reason) and bool(_WORDS.search(reason))


def find_status(text: str) -> str:
    """Return the first enhanced status code in a text, such as “5.1.1”, or ''."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def plain(text: str) -> str:
    """Return the text as one printable line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def plain_reason(text: str, most: int = 500) -> str:
    """Return the text as one printable line without any address: some servers say where mail is forwarded to."""
    return _ADDRESS.sub("(address)", plain(text[: most * 4])).replace("@", "(at)")[:most]
