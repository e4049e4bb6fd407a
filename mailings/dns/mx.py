"""Whether answers and bounces can come back: RFC 5321, section 5.1."""

from collections.abc import Iterable

from mailings.dns.asking import Asker
from mailings.dns.results import Result, fine, wrong


def check_mx(asker: Asker, domains: Iterable[str]) -> Result:
    """Check that each domain takes mail. Raises NotAskedError."""
    told = []
    for domain in domains:
        result = _check(asker, domain)
        if isinstance(result, Result):
            return result
        told.append(result)
    return fine("Answers and bounces can come back.", " ".join(told))


def _check(asker: Asker, domain: str) -> Result | str:
    """Return what is wrong, or a sentence on who takes the domain's mail."""
    exchanges = asker.exchanges(domain)
    if exchanges == [""]:
        return wrong(f"{domain} says that it takes no mail (a null MX), so answers and bounces are lost.")
    if not exchanges:
        if asker.addresses(domain):
            return f"Mail to {domain} goes to the host of this name, as there is no MX."
        told = "Enter the MX records that your mail provider shows, or use an address of a domain that takes mail."
        return wrong(f"No server takes mail to {domain}: it has neither MX nor address.", told)
    missing = [name for name in exchanges if not asker.addresses(name)]
    if len(missing) == len(exchanges):
        return wrong(f"The MX of {domain} leads nowhere: {', '.join(missing)} has no address.")
    return f"Mail to {domain} goes to {next(name for name in exchanges if name not in missing)}."
