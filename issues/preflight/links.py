"""Check where links lead. The answers of other sites were fetched in the background: nothing is requested here."""

from collections.abc import Iterator

from fetching.addresses import is_feed_proxy, is_shortened
from fetching.identity import canonicalize
from fetching.outcome import Outcome
from fetching.tracking import tracking_parameters, without_tracking
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.preflight.passages import PrintedLink


def indirect_addresses(checked: CheckedIssue) -> Iterator[Finding]:
    """Report addresses that redirect or track readers. Skip those of sponsors, who count their readers by them."""
    for link in checked.links:
        if link.is_sold:
            continue
        page = checked.pages.get(link.address)
        is_known = page is not None and page.is_ok and page.suggested_url != link.address
        target = page.suggested_url if page and is_known else "the address of the page itself"
        if is_feed_proxy(link.address):
            yield _finding("feed_address", link, f"goes through a feed that counts readers: use {target}.")
        elif is_shortened(link.address):
            yield _finding("shortened", link, f"is shortened, so readers cannot see where it leads: use {target}.")
        if names := tracking_parameters(link.address):
            listed = ", ".join(f"“{name}”" for name in dict.fromkeys(names))
            yield _finding("tracking", link, f"tracks readers by {listed}: use {without_tracking(link.address)}.")


def dead_links(checked: CheckedIssue) -> Iterator[Finding]:
    for link in checked.links:
        page = checked.pages.get(link.address)
        if page and page.is_dead:
            reason = page.sentence.rstrip(".") or "the site says that it is gone"
            yield _finding("dead", link, f"is dead: {reason}. Find its new address, or remove it.")


def moved_pages(checked: CheckedIssue) -> Iterator[Finding]:
    """Report pages that redirect permanently. A temporary redirect may hold for a single visit only."""
    for link in checked.links:
        page = checked.pages.get(link.address)
        if not page or not page.is_ok or link.is_sold or is_feed_proxy(link.address) or is_shortened(link.address):
            continue
        target = page.suggested_url
        if page.is_moved_permanently and canonicalize(target) != canonicalize(link.address):
            yield _finding("moved", link, f"has moved for good: use {target}.")


def unseen_pages(checked: CheckedIssue) -> Iterator[Finding]:
    """Report pages that we could not open. Readers may be able to open a page that cannot be reached from here."""
    for link in checked.links:
        page = checked.pages.get(link.address)
        if page is None or page.outcome in {"", Outcome.GONE} or page.is_ok:
            continue
        if page.outcome == Outcome.FORBIDDEN:
            yield _finding("not_public", link, f"cannot be opened by readers: {page.sentence}")
        else:
            yield _finding("not_seen", link, f"could not be checked: {page.sentence} Open it yourself.", Level.NOTE)


def unencrypted_addresses(checked: CheckedIssue) -> Iterator[Finding]:
    for link in checked.links:
        if link.address.lower().startswith("http://") and not link.is_sold:
            yield _finding("unencrypted", link, "begins with http://: use https:// if the site has it.", Level.NOTE)


def unchecked_links(checked: CheckedIssue) -> Iterator[Finding]:
    answered = {page.url for page in checked.pages.values() if page.fetched_at}
    waiting = {link.address: link for link in checked.links if link.address not in answered}
    if waiting:
        subject = "1 link was" if len(waiting) == 1 else f"{len(waiting)} links were"
        text = f"{subject} not checked yet. This is done in the background: open this page again in a minute."
        yield Finding(Level.NOTE, "not_checked", text, next(iter(waiting.values())).anchor)


def _finding(code: str, link: PrintedLink, text: str, level: Level = Level.WARNING) -> Finding:
    return Finding(level, code, f"{link.name} {text}", link.anchor, link.article)


CHECKS = (indirect_addresses, dead_links, moved_pages, unseen_pages, unencrypted_addresses, unchecked_links)
