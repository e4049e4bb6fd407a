"""Where readers are led. What was asked in the background counts; nothing is fetched here."""

from collections.abc import Iterator

from fetching.addresses import canonicalize, is_feed_proxy, is_shortened, tracking_parameters, without_tracking
from fetching.outcome import Outcome
from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known, Level
from issues.preflight.passages import Link, links_of


def roundabout_address(issue: Issue, known: Known) -> Iterator[Finding]:
    """What sponsors give is printed exactly as it is: they count by it."""
    for link in links_of(issue):
        if link.is_sold:
            continue
        if is_feed_proxy(link.address):
            yield _warning(link, f"is a feed’s address, which counts who follows it: give {_target(link, known)}.")
        elif is_shortened(link.address):
            yield _warning(link, f"is shortened, and hides where it leads: give {_target(link, known)}.")
        if names := tracking_parameters(link.address):
            clean = without_tracking(link.address)
            yield _warning(link, f"tracks readers by {_listed(names)}: give {clean}.")


def dead(issue: Issue, known: Known) -> Iterator[Finding]:
    for link in links_of(issue):
        page = known.pages.get(link.address)
        if page and page.is_dead:
            yield _warning(link, f"is dead: {_clause(page.sentence)}. Find where it is now, or take it out.")


def moved(issue: Issue, known: Known) -> Iterator[Finding]:
    """For good. A redirect that may be for one visit alone is none to print."""
    for link in links_of(issue):
        page = known.pages.get(link.address)
        if not page or not page.is_ok or link.is_sold or is_feed_proxy(link.address) or is_shortened(link.address):
            continue
        final = page.suggested_url
        if page.is_moved_permanently and canonicalize(final) != canonicalize(link.address):
            yield _warning(link, f"redirects for good: give {final}.")


def not_seen(issue: Issue, known: Known) -> Iterator[Finding]:
    """What could not be reached from here says so in its sentence, and may be there for everybody else."""
    for link in links_of(issue):
        page = known.pages.get(link.address)
        if page is None or page.outcome in {"", Outcome.GONE} or page.is_ok:
            continue
        if page.outcome == Outcome.FORBIDDEN:
            yield _warning(link, f"leads nowhere for readers: {page.sentence}")
        else:
            yield _note(link, f"was not seen: {page.sentence} Open it yourself.")


def unencrypted(issue: Issue, known: Known) -> Iterator[Finding]:
    for link in links_of(issue):
        if link.address.lower().startswith("http://") and not link.is_sold:
            yield _note(link, "begins with http://: give https://, if the site has it.")


def unchecked(issue: Issue, known: Known) -> Iterator[Finding]:
    waiting = {link.address: link for link in links_of(issue) if not _is_answered(link, known)}
    if waiting:
        count = len(waiting)
        subject = "1 link was" if count == 1 else f"{count} links were"
        text = f"{subject} not checked yet: that is done in the background; open this page again in a minute."
        yield Finding(Level.NOTE, text, next(iter(waiting.values())).anchor)


def _is_answered(link: Link, known: Known) -> bool:
    page = known.pages.get(link.address)
    return page is not None and page.fetched_at is not None


def _target(link: Link, known: Known) -> str:
    """Where it leads, where that is known."""
    page = known.pages.get(link.address)
    is_known = page is not None and page.is_ok and page.suggested_url != link.address
    return page.suggested_url if page and is_known else "the address of the page itself"


def _clause(sentence: str) -> str:
    return sentence.rstrip(".") or "the site says that it is gone"


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in dict.fromkeys(names))


def _warning(link: Link, text: str) -> Finding:
    return Finding(Level.WARNING, f"{link.name} {text}", link.anchor, link.article)


def _note(link: Link, text: str) -> Finding:
    return Finding(Level.NOTE, f"{link.name} {text}", link.anchor, link.article)


CHECKS = (roundabout_address, dead, moved, not_seen, unencrypted, unchecked)
