"""Check credits and disclosures."""

from collections.abc import Iterator

from fetching.addresses import host_of
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from text.names import is_same_person, people_in
from text.quotes import quote


def missing_credits(checked: CheckedIssue) -> Iterator[Finding]:
    """Report articles without an author or a publication. A byline replaces both, and outages need neither."""
    for article in checked.issue.printed_articles:
        if article.byline.strip():
            continue
        if not article.credited_authors:
            page = checked.pages.get(article.url)
            names = people_in(page.authors) if page else []
            named = f" Its page names {' and '.join(names)}." if names else ""
            text = f"{quote(article)} has no author: credit one.{named}"
            yield checked.finding(Level.WARNING, "no_author", text, article, "author_list")
        if article.publication is None:
            # A note only, because a third of all articles are on sites named after their author.
            text = f"{quote(article)} has no publication: choose one, unless it is the author’s own site."
            yield checked.finding(Level.NOTE, "no_publication", text, article, "publication")


def other_authors(checked: CheckedIssue) -> Iterator[Finding]:
    """Report authors that the page names and the issue does not credit. It may credit more than the page names."""
    for article in checked.issue.articles.all():
        page = checked.pages.get(article.url)
        if page is None or not (article.credited_authors or article.byline.strip()):
            continue
        credited = [*article.credited_authors, *([article.publication] if article.publication else [])]
        known = [article.byline, page.site_name, *(name for one in credited for name in (one.name, *one.aliases))]
        missing = [name for name in people_in(page.authors) if not any(is_same_person(name, one) for one in known)]
        if missing:
            text = f"The page of {quote(article)} names {' and '.join(missing)} as its author: check the credits."
            name = "byline" if article.byline.strip() else "author_list"
            yield checked.finding(Level.WARNING, "other_author", text, article, name)


def missing_disclosures(checked: CheckedIssue) -> Iterator[Finding]:
    sponsors = {placement.sponsor_id: placement.sponsor for placement in checked.issue.placements.all()}
    hosts = {host_of(sponsor.url) for sponsor in sponsors.values() if sponsor.url}
    for article in checked.issue.articles.all():
        if article.disclosure.strip():
            continue
        publication = article.publication
        if publication and publication.sponsor_id in sponsors:
            text = f"{quote(article)} is from {publication}, which belongs to this issue’s sponsor: write a disclosure."
            yield checked.finding(Level.STOP, "sponsor_undisclosed", text, article, "disclosure")
        elif publication and publication.disclosure.strip():
            text = f"{quote(article)} is from {publication} and needs its disclosure: write “{publication.disclosure}”."
            yield checked.finding(Level.STOP, "publication_undisclosed", text, article, "disclosure")
        elif article.host in hosts:
            text = f"{quote(article)} is on the site of this issue’s sponsor: write a disclosure if one is needed."
            yield checked.finding(Level.WARNING, "sponsor_site", text, article, "disclosure")


CHECKS = (missing_credits, other_authors, missing_disclosures)
