"""Recognize pages that stand in for the requested one: bot checks, sign-ins and error pages."""

import re
from enum import StrEnum
from urllib.parse import urlsplit


class StandIn(StrEnum):
    BOT_CHECK = "bot check"
    SIGN_IN = "sign-in"
    MISSING = "missing"
    NONE = ""


# Titles in lower case, without _CODES and _FILLERS, as seen at Cloudflare, Akamai, Imperva, DataDome, HUMAN, AWS WAF,
# Vercel, DDoS-Guard, Medium, LinkedIn, Google, GitHub, WordPress, nginx and Apache.
_TITLES = {
    StandIn.BOT_CHECK: """
        just a moment|one moment|wait|attention required|access denied|access has been denied|access is denied
        access to page has been denied|request rejected|request blocked|you have been blocked|pardon our interruption
        checking your browser|checking your browser before accessing|verifying you are human|verify you are human
        verify that you are human|human verification|are you a robot|are you human|you are not a robot|robot check
        bot verification|captcha|captcha challenge|client challenge|security check|security checkpoint
        security verification|vercel security checkpoint|ddos guard|forbidden|unauthorized|unauthorised
        too many requests|unavailable for legal reasons|enable javascript|enable javascript and cookies to continue
    """,
    StandIn.SIGN_IN: """
        log in|login|log in or sign up|login or sign up|sign in|signin|sign in or sign up|sign up|sign in to continue
        log in to continue|login page|sign in page|single sign on|authentication required|authorization required
        sign in google accounts|google accounts|sign in to your account|log in to your account|subscribe to read
    """,
    StandIn.MISSING: """
        not found|page not found|page was not found|page could not be found|page cannot be found|page can not be found
        page cant be found|page isnt found|page doesnt exist|page does not exist|page isnt available|page not available
        page unavailable|page is unavailable|page missing|file not found|post not found|article not found|nothing found
        gone|internal server|internal server error|bad gateway|service unavailable|service temporarily unavailable
        gateway timeout|gateway time out|site not found|domain for sale|domain is for sale|account suspended
    """,
}
_KINDS = {words.strip(): kind for kind, lines in _TITLES.items() for words in re.split(r"[|\n]", lines.strip())}
_CODES = {
    **dict.fromkeys(["401", "403", "429", "451"], StandIn.BOT_CHECK),
    **dict.fromkeys(["404", "410", "500", "502", "503", "504"], StandIn.MISSING),
}
_FILLERS = {"error", "http", "https", "status", "code", "oops", "sorry", "please", "the", "this", "that", "we", "1"}
_SEPARATOR = re.compile(r"\s+[|·•–—»-]+\s+")
_SIGN_IN_PATH = re.compile(
    r"/(log-?in|sign-?in|sign-?up|authwall|sso|oauth2?/\w+|saml2?/\w+|users/sign_in|session/new|wp-login|ServiceLogin)"
    r"(/|\.\w+|$)",
    re.IGNORECASE,
)
_SIGN_IN_HOST = re.compile(r"(accounts|login|signin|auth|sso|idp)\..+|.+\.(okta|auth0|onelogin)\.com", re.IGNORECASE)


def recognize(title: str) -> StandIn:
    """Recognize a stand-in by its title, with or without the site's name, as in "Example - Page not found"."""
    title = " ".join(title.split())[:200]
    parts = _SEPARATOR.split(title)
    return next(filter(None, map(_recognize_words, (title, parts[0], parts[-1]))), StandIn.NONE)


def is_sign_in(address: str) -> bool:
    """Return whether the path or host is usual for a sign-in. Raises ValueError if the address is malformed."""
    parts = urlsplit(address)
    return bool(_SIGN_IN_PATH.search(parts.path) or _SIGN_IN_HOST.fullmatch(parts.hostname or ""))


def _recognize_words(text: str) -> StandIn:
    words = re.findall(r"\w+", re.sub(r"['’]", "", text.casefold()))
    codes = [_CODES[word] for word in words if word in _CODES]
    rest = [word for word in words if word not in _FILLERS and word not in _CODES]
    if not rest:
        return codes[0] if codes else StandIn.NONE
    return _KINDS.get(" ".join(rest), StandIn.NONE)
