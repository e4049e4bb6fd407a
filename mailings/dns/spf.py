"""SPF, RFC 7208: which servers may send for a domain."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import takewhile

from mailings.dns.asking import Asker
from mailings.dns.results import Result, fine, is_below, unknown, wrong

# RFC 7208, section 4.6.4: terms that make look-ups, those that find nothing, and mail servers of one domain.
MOST_LOOKUPS, MOST_VOID, MOST_EXCHANGES = 10, 2, 10
_RECORD = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][\w.-]*)=(.*)", re.IGNORECASE)
_MECHANISM = re.compile(r"([-+~?]?)(all|include|a|mx|ptr|exists)(?::([^/]*))?((?:/.*)?)", re.IGNORECASE)
_IP = re.compile(r"([-+~?]?)(ip[46]):(.*)", re.IGNORECASE)
_ALL = re.compile(r"[-+~?]?all\b", re.IGNORECASE)
_LENGTHS = re.compile(r"(?:/(\d{1,2}))?(?://(\d{1,3}))?")
# Networks of which nobody outside sees an address: a mail server there sends by another one.
_INSIDE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128")]
_INSIDE += [ip_network(text) for text in ("fc00::/7", "fe80::/10", "169.254.0.0/16")]


class SpfError(Exception):
    """Receivers cannot use the record. The message is a sentence that says why."""


@dataclass
class Spf:
    """What a record and all that it includes permit."""

    record: str
    ending: str = ""  # What becomes of other servers: - ~ ? or +; empty if the record does not say.
    lookups: int = 0
    networks: list[IPv4Network | IPv6Network] = field(default_factory=list)
    included: set[str] = field(default_factory=set)
    has_macros: bool = False  # Then it may permit more than `networks`.

    def permits(self, address: object) -> bool:
        return any(address in network for network in self.networks)


def check_spf(asker: Asker, domain: str, server: str = "", owner: str = "") -> Result:
    """Check the record of the domain to which bounces go. `server` is the mail server's name, if it is known.

    A server below the domain `owner`, that of the sender, is no provider's.

    Raises NotAskedError.
    """
    is_own = bool(server) and is_below(server, owner or domain)
    try:
        spf = read_spf(asker, domain)
    except SpfError as error:
        return wrong(str(error), "Receivers take such a record for none.")
    if spf is None:
        value = f"v=spf1 a:{server} ~all" if is_own else ""
        told = "" if value else "Your provider shows which record it needs."
        return wrong(f"There is no SPF record at {domain}.", told, domain, value)
    if spf.ending not in ("-", "~"):
        # A record that is ended by another one is changed there.
        value = "" if "redirect=" in spf.record.lower() else _ended(spf.record)
        sentence = f"The SPF record of {domain} does not forbid other servers to send for it: end it in ~all or -all."
        return wrong(sentence, "", domain, value)
    return _check_server(asker, domain, server, spf, is_own=is_own)


def read_spf(asker: Asker, domain: str) -> Spf | None:
    """Return what the record of a domain permits, or None without one. Raises SpfError and NotAskedError."""
    records = _records(asker, domain)
    if not records:
        return None
    spf = Spf(records[0])
    spf.ending = _Walk(asker, spf).read(domain, records)
    return spf


def _records(asker: Asker, domain: str) -> list[str]:
    return [text for text in asker.texts(domain) if _RECORD.match(text)]


def _ended(record: str) -> str:
    """Return the record with an ending that forbids other servers."""
    return " ".join([*takewhile(lambda term: not _ALL.match(term), record.split()), "~all"])


def _check_server(asker: Asker, domain: str, server: str, spf: Spf, *, is_own: bool) -> Result:
    counted = f"{spf.lookups} of {MOST_LOOKUPS} look-ups."
    addresses = _addresses(asker, server) if server else []
    seen = [address for address in addresses if not any(address in network for network in _INSIDE)]
    if not seen:
        told = f"{counted} From here nobody can tell by which address your mail leaves."
        return fine(f"There is a usable SPF record at {domain}.", told)
    missing = [address for address in seen if not spf.permits(address)]
    if not missing:
        return fine(f"The SPF record of {domain} names {server}.", counted)
    if is_own and not spf.has_macros:
        sentence = f"The SPF record of {domain} does not name {server} ({', '.join(map(str, missing))})."
        # A name would be one look-up more.
        numbers = " ".join(f"ip{address.version}:{address}" for address in missing)
        version, _, terms = spf.record.partition(" ")
        named = f"a:{server}" if spf.lookups < MOST_LOOKUPS else numbers
        return wrong(sentence, counted, domain, f"{version} {named} {terms}")
    return _check_provider(domain, server, spf, counted)


def _addresses(asker: Asker, server: str) -> list[IPv4Address | IPv6Address]:
    try:
        return [ip_address(server)]
    except ValueError:
        return asker.addresses(server)


def _check_provider(domain: str, server: str, spf: Spf, counted: str) -> Result:
    """A provider takes mail at one address, and sends it from others."""
    provider = ".".join(server.split(".")[-2:])
    if any(is_below(name, provider) for name in spf.included):
        return fine(f"The SPF record of {domain} names {provider}.", counted)
    return unknown(
        f"The SPF record of {domain} does not mention {server}.",
        "A provider may send from other servers, or with a return address of its own. It shows what it needs.",
    )


class _Walk:
    """Follow a record into all others that it names."""

    def __init__(self, asker: Asker, spf: Spf) -> None:
        self.asker = asker
        self.spf = spf
        self.void = 0

    def read(self, domain: str, records: list[str], is_top: bool = True) -> str:
        """Collect what the record permits, and return its ending."""
        if len(records) != 1:
            if not records:
                raise SpfError(f"The SPF record names {domain}, where there is none.")
            raise SpfError(f"There are {len(records)} SPF records at {domain}: make one of them.")
        redirect = ""
        for term in records[0].split()[1:]:
            if found := _MODIFIER.fullmatch(term):
                redirect = found[2] if found[1].lower() == "redirect" else redirect
                continue
            qualifier, name, target, lengths = self._parse(term, domain)
            if name == "all":
                return qualifier  # What stands behind it is not read.
            self._follow(qualifier, name, target or domain, lengths, is_top)
        return self._redirect(redirect) if redirect else ""

    def _parse(self, term: str, domain: str) -> tuple[str, str, str, str]:
        found = _IP.fullmatch(term)
        qualifier, name, target, lengths = (*found.groups(), "") if found else ("", "", "", "")
        if not found and (found := _MECHANISM.fullmatch(term)):
            qualifier, name, target, lengths = found.groups("")
        name = name.lower()
        needs_target = name in ("include", "exists", "ip4", "ip6")
        if not name or (needs_target and not target):
            raise SpfError(f"“{term}” in the SPF record of {domain} is no term of SPF.")
        return qualifier or "+", name, target, lengths

    def _follow(self, qualifier: str, name: str, target: str, lengths: str, is_top: bool) -> None:
        if name in ("ip4", "ip6"):
            self._permit(qualifier, self._network(target, 4 if name == "ip4" else 6))
            return
        self._count()
        if "%" in target or name in ("ptr", "exists"):
            self.spf.has_macros = True  # They depend on who asks.
        elif name == "include":
            self._include(qualifier, target, is_top)
        else:
            self._permit_hosts(qualifier, target, lengths, exchanges=name == "mx")

    def _include(self, qualifier: str, target: str, is_top: bool) -> None:
        if is_top:
            self.spf.included.add(target.lower())
        before = len(self.spf.networks)
        ending = self.read(target, _records(self.asker, target), is_top=False)
        if qualifier != "+":
            del self.spf.networks[before:]
        elif ending == "+":
            raise SpfError(f"The SPF record of {target}, which is included, lets every server send.")

    def _redirect(self, target: str) -> str:
        self._count()
        if "%" in target:
            self.spf.has_macros = True
            return "-"
        return self.read(target, _records(self.asker, target), is_top=False)

    def _permit_hosts(self, qualifier: str, target: str, lengths: str, *, exchanges: bool) -> None:
        hosts = [name for name in self.asker.exchanges(target) if name] if exchanges else [target]
        if len(hosts) > MOST_EXCHANGES:
            raise SpfError(f"{target} has more than {MOST_EXCHANGES} mail servers, so “mx” cannot stand for them.")
        addresses = [address for host in hosts for address in self.asker.addresses(host)]
        if not addresses:
            self.void += 1
            if self.void > MOST_VOID:
                raise SpfError(f"More than {MOST_VOID} names in the SPF record lead to nothing, such as {target}.")
        if not (found := _LENGTHS.fullmatch(lengths)):
            raise SpfError(f"“{lengths}” behind {target} is no length of a network.")
        for address in addresses:
            length = found[1 if address.version == 4 else 2]
            self._permit(qualifier, self._network(f"{address}/{length}" if length else str(address), address.version))

    def _network(self, text: str, version: int) -> IPv4Network | IPv6Network:
        try:
            network = ip_network(text, strict=False)
        except ValueError as error:
            raise SpfError(f"“{text}” in the SPF record is no network.") from error
        if network.version != version:
            raise SpfError(f"“{text}” in the SPF record is not of IPv{version}.")
        return network

    def _permit(self, qualifier: str, network: IPv4Network | IPv6Network) -> None:
        if qualifier == "+":
            self.spf.networks.append(network)

    def _count(self) -> None:
        self.spf.lookups += 1
        if self.spf.lookups > MOST_LOOKUPS:
            raise SpfError(f"The SPF record needs more than {MOST_LOOKUPS} look-ups: take out what you do not use.")
