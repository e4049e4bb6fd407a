"""What is asked in the background about the sender and the mail server. It may take a minute: for jobs only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.resolver
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.smtp import EmailBackend
from django.utils.module_loading import import_string

from mailings.dns.asking import Asker, NotAskedError
from mailings.dns.dkim import check_dkim, record_of
from mailings.dns.dmarc import check_dmarc
from mailings.dns.mx import check_mx
from mailings.dns.results import Result, fine, is_below, unknown, wrong
from mailings.dns.spf import check_spf
from mailings.letters import problem_of_sender, sender
from mailings.models.setup import SetupCheck
from mailings.sending.reaching import reach
from mailings.signatures import signer
from mailings.streams import STREAM, digest_of

Name = SetupCheck.Name
# RFC 2606 and 6761: nobody has them.
EXAMPLES = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost", "local")


@dataclass(frozen=True)
class Sender:
    """What the settings say of the sender."""

    domain: str
    bounces: str  # The domain to which bounces go.
    server: str  # The name of the SMTP server; empty if there is none.
    signed_by: str  # The domain for which mails are signed.
    selectors: tuple[str, ...]  # Of the keys by which that is done.


CHECKS: dict[Name, Callable[[Asker, Sender], Result]] = {
    Name.SPF: lambda asker, sender: check_spf(asker, sender.bounces, sender.server, sender.domain),
    Name.DKIM: lambda asker, sender: _check_signature(asker, sender),
    Name.DMARC: lambda asker, sender: check_dmarc(asker, sender.domain, sender.bounces),
    Name.MX: lambda asker, sender: check_mx(asker, dict.fromkeys([sender.domain, sender.bounces])),
}


def sender_now() -> Sender:
    """Return what the settings say now. NEWSLETTER_FROM is a sender."""
    domain = sender().domain.lower()
    bounces = settings.MAILING_BOUNCE_ADDRESS.rpartition("@")[2].lower() or domain
    mailer: dict[str, Any] = settings.MAILERS[STREAM]
    is_smtp = issubclass(import_string(mailer["BACKEND"]), EmailBackend)
    server = mailer.get("OPTIONS", {}).get("host", "").lower() if is_smtp else ""
    signed_by = settings.MAILING_DKIM_DOMAIN.lower() or domain
    selectors = settings.MAILING_DKIM_SELECTOR.replace(",", " ").split()
    return Sender(domain, bounces, server, signed_by, tuple(selectors))


def subjects(now: Sender) -> dict[Name, str]:
    """Return what each check is about, by the settings of now. An answer about something else is out of date."""
    about = f"{now.domain} {now.bounces}"
    return {
        Name.SERVER: digest_of(STREAM),
        Name.SPF: f"{now.bounces} {now.server} {now.domain}",
        Name.DKIM: " ".join([now.signed_by, *now.selectors]),
        Name.DMARC: about,
        Name.MX: about,
    }


def ask(resolver: dns.resolver.Resolver | None = None) -> None:
    """Ask everything and keep the answers, unless that was done less than a minute ago.

    Without a resolver the name servers of this machine are asked: not in development, and not about examples.
    """
    if problem_of_sender() or SetupCheck.objects.fresh().exists():
        return
    now = sender_now()
    about = subjects(now)
    SetupCheck.objects.keep(Name.SERVER, about[Name.SERVER], _ask_server())
    for name, check in CHECKS.items():
        obstacle = "" if resolver else why_not_asked(now.domain)
        result = unknown(obstacle) if obstacle else _ask(check, now, resolver)
        SetupCheck.objects.keep(name, about[name], result)


def why_not_asked(domain: str) -> str:
    """Return why nobody is asked about a domain, or nothing."""
    if settings.DEBUG:
        return "Not asked in development."
    if any(is_below(domain, example) for example in EXAMPLES):
        return f"Not asked: {domain} is a domain for examples, which nobody has."
    return ""


def _ask(check: Callable[[Asker, Sender], Result], now: Sender, resolver: dns.resolver.Resolver | None) -> Result:
    try:
        return check(Asker(resolver), now)
    except NotAskedError as error:
        return unknown(f"It could not be asked: {error}", "That does not mean that anything is wrong. Ask again later.")


def _check_signature(asker: Asker, now: Sender) -> Result:
    """Compare the key of this site, if it signs, with that in DNS. Otherwise the provider signs."""
    try:
        signs = signer()
    except ImproperlyConfigured as error:
        return wrong(str(error))
    value = record_of(signs.key) if signs else ""
    return check_dkim(asker, now.signed_by, list(now.selectors), value)


def _ask_server() -> Result:
    problem = reach(STREAM)
    return wrong(problem) if problem else fine("The mail server, or the address of the provider, answers.")
