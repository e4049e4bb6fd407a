"""Is everybody credited, the right one, and is said what must be said of them?"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from fetching.addresses import host_of
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known, Level, field_of

# What pages put around and between names: “By A (Example) and B, Senior SRE at Example — Example”.
_AROUND = re.compile(
    r"^\s*(?:posted |written )?by[:\s]\s*|\([^)]*\)|\[[^\]]*\]|\s+(?:at|from)\s[^,;&]*|\s[-–—|·•]\s.*", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*[,;&/]\s*|\s+(?:and|with)\s+", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(engineer\w*|sre|manager|developer|architect|editor\w*|author|staff|senior|lead|head|chief|director|president"
    r"|founder|co-?founder|c[etio]o|vp|team|admin\w*|guest|contributors?|writer|reporter|researcher|advocate|md|phd)\b",
    re.IGNORECASE,
)


def nobody_credited(issue: Issue, known: Known) -> Iterator[Finding]:
    """Outages are credited to nobody as a rule. A byline of the editor's own words says it all."""
    for article in issue.printed_articles:
        if article.byline.strip():
            continue
        if not article.credited_authors:
            text = f"“{article}” has no author: credit one{_named_by_page(article, known)}."
            yield Finding(Level.WARNING, text, field_of(issue, article, "author_list"), article)
        if article.publication is None:
            # A third of all articles: people who write on a site that has their own name.
            text = f"“{article}” has no publication: choose one, unless the author’s name says it."
            yield Finding(Level.NOTE, text, field_of(issue, article, "publication"), article)


def another_author(issue: Issue, known: Known) -> Iterator[Finding]:
    """Somebody whom the page names is not credited. Whom it does not name may stand in its text."""
    for article in issue.articles.all():
        page = known.pages.get(article.url)
        if page is None or not (article.credited_authors or article.byline.strip()):
            continue
        ours = [article.byline, *(name for a in article.credited_authors for name in (a.name, *a.aliases))]
        organisations = [page.site_name, article.publication.name if article.publication else ""]
        missing = [name for name in names_in(page.authors) if not _is_any_of(name, [*ours, *organisations])]
        if missing:
            text = f"The page of “{article}” names {' and '.join(missing)} as its author: check who is credited."
            anchor = field_of(issue, article, "byline" if article.byline.strip() else "author_list")
            yield Finding(Level.WARNING, text, anchor, article)


def no_disclosure(issue: Issue, known: Known) -> Iterator[Finding]:
    sponsors = {placement.sponsor_id: placement.sponsor for placement in issue.placements.all()}
    hosts = {host_of(address) for sponsor in sponsors.values() for address in [sponsor.url] if address}
    for article in issue.articles.all():
        if article.disclosure.strip():
            continue
        publication = article.publication
        anchor = field_of(issue, article, "disclosure")
        if publication and publication.sponsor_id in sponsors:
            text = f"“{article}” is from {publication}, of this issue’s sponsor: write a disclosure."
            yield Finding(Level.STOP, text, anchor, article)
        elif publication and publication.disclosure.strip():
            text = f"“{article}” is from {publication}: write its disclosure, “{publication.disclosure}”."
            yield Finding(Level.STOP, text, anchor, article)
        elif article.host in hosts:
            text = f"“{article}” is on the site of this issue’s sponsor: write a disclosure, if one is due."
            yield Finding(Level.WARNING, text, anchor, article)


def names_in(authors: Iterable[str]) -> list[str]:
    """The persons of what pages give as their authors: without “by”, roles, organisations and accounts."""
    parts = [part for given in authors for part in _BETWEEN.split(_AROUND.sub(" ", given).strip())]
    names = [" ".join(part.split()) for part in parts if not _ROLE.search(part) and not re.search(r"@|://", part)]
    return [name for name in dict.fromkeys(names) if _words(name)]


def _is_any_of(name: str, ours: Iterable[str]) -> bool:
    """With a middle name, an accent, a case or a space more or less; in a byline, anywhere."""
    words = _words(name)
    return any(
        words <= known or (len(known) > 1 and known <= words) or _letters(name) == _letters(other)
        for other in ours
        if (known := _words(other))
    )


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", _plain(name)))


def _letters(name: str) -> list[str]:
    return re.findall(r"\w", _plain(name))


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _named_by_page(article: Article, known: Known) -> str:
    page = known.pages.get(article.url)
    names = names_in(page.authors) if page else []
    return f"; its page names {' and '.join(names)}" if names else ""


CHECKS = (nobody_credited, another_author, no_disclosure)
