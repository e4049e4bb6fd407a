"""Validators of printed text and addresses."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

# XML 1.0, section 2.2: characters that a feed cannot contain, not even escaped. Tabs and line breaks are allowed.
FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_HOST = re.compile(r"(?<=://)[^/?#]*")

_http_address = URLValidator(
    schemes=["http", "https"], message="Give a web address that begins with http:// or https://."
)


def strip_control_characters(text: str) -> str:
    """Remove characters that XML forbids. One of them would make a whole feed unreadable."""
    return FORBIDDEN_CHARACTERS.sub("", text)


def validate_printable(text: str) -> None:
    """Refuse characters that XML forbids. The error names the first one and its place."""
    if match := FORBIDDEN_CHARACTERS.search(text):
        raise ValidationError(
            "Character %(place)d is a control character (U+%(code)04X) that cannot be printed. Delete it.",
            code="control_character",
            params={"place": match.start() + 1, "code": ord(match[0])},
        )


def validate_line(text: str) -> None:
    """Refuse line breaks and tabs too: for titles and names."""
    validate_printable(text)
    if re.search(r"[\r\n\t\u2028\u2029]", text):
        raise ValidationError("Keep it on one line, without tabs.", code="line_break")


def validate_http_address(address: str) -> None:
    """Refuse anything but an absolute http(s) address without credentials, which would be published."""
    validate_line(address)
    if re.match(r"https?://", address, re.IGNORECASE) and not address.startswith(("http://", "https://")):
        raise ValidationError("Write http:// or https:// in small letters.", code="case")
    # The validator refuses hosts with “_”, which DNS and browsers take.
    _http_address(_HOST.sub(lambda host: host[0].replace("_", "x"), address))
    parts = urlsplit(address)
    try:
        parts.port  # noqa: B018
    except ValueError as error:
        raise ValidationError("This address has no valid port: the highest is 65535.", code="port") from error
    if "@" in parts.netloc:
        raise ValidationError("Remove the user name and password from the address.", code="credentials")
