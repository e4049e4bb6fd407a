"""Ask the domain name system. An empty answer means that there is no record; NotAskedError, that nobody knows."""

import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import dns.exception
import dns.name
import dns.resolver

# Seconds for one question, for one attempt at it, and for all questions of a check.
LIFETIME, ATTEMPT, LONGEST = 5.0, 2.0, 40.0


class NotAskedError(Exception):
    """A question got no answer: nobody knows whether the record is there. The message says why."""


class Asker:
    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        """Ask the name servers of this machine, or those of a resolver. Raises NotAskedError if there are none."""
        try:
            self._resolver = resolver or dns.resolver.Resolver()
        except (dns.resolver.NoResolverConfiguration, OSError) as error:
            raise NotAskedError("This machine knows no name server.") from error
        self._resolver.timeout, self._resolver.lifetime = ATTEMPT, LIFETIME
        self._ends = time.monotonic() + LONGEST

    def texts(self, name: str) -> list[str]:
        """Return the TXT records at a name. A record's strings are joined: RFC 7208, section 3.3."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def addresses(self, name: str) -> list[IPv4Address | IPv6Address]:
        return [ip_address(record.address) for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def exchanges(self, name: str) -> list[str]:
        """Return the mail servers of a domain, the preferred one first. An empty name is a null MX: RFC 7505."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True).removesuffix(".").lower() for record in records]

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            asked = dns.name.from_text(f"{name.removesuffix('.')}.")
        except (dns.exception.DNSException, ValueError):
            return []  # There can be nothing at what is no name.
        if time.monotonic() > self._ends:
            raise NotAskedError(f"The name servers are slow: not all was asked within {LONGEST:.0f} seconds.")
        try:
            return list(self._resolver.resolve(asked, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.resolver.LifetimeTimeout as error:
            raise NotAskedError(f"No name server answered for {name} within {LIFETIME:.0f} seconds.") from error
        except (dns.exception.DNSException, OSError) as error:
            raise NotAskedError(f"The name servers could not say what is at {name} ({kind}).") from error
