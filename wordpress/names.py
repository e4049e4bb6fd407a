"""Find or make one row for each author, publication and sponsor, however the export spells the name.

All posts are read once before any is loaded, so that the meaning of a name does not depend on the order of posts:
“Acme” alone is a publication because “Jane Doe — Acme” stands in another post.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from fetching.addresses import host_of, is_shared
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from sponsors.models import Placement, Sponsor
from text.names import is_organisation, key_of
from wordpress.bylines import Byline, is_publication, parse_byline
from wordpress.contents import Contents

UNKNOWN_SPONSOR = "Unknown sponsor"
# Words of names that are not capitalised.
_SMALL = {"a", "an", "and", "at", "for", "in", "of", "on", "the", "to"}


class Names:
    def __init__(self) -> None:
        # In all dictionaries and sets, names are keys made by key_of().
        self._known_publications: set[str] = set()  # And other organisations: sponsors, and what had an outage.
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self._hosts: dict[str, Counter[str]] = defaultdict(Counter)  # Publications by host; "" for authors alone.
        self._sponsor_sites: dict[str, Counter[str]] = defaultdict(Counter)
        self.refresh()

    def refresh(self) -> None:
        """Read the existing rows in four queries. Call it again after a transaction was rolled back."""
        self._authors: dict[str, Author] = _by_name(Author.objects.all())
        self._publications: dict[str, Publication] = _by_name(Publication.objects.all())
        self._sponsors = {key_of(row.name): row for row in Sponsor.objects.all()}
        outages = Article.objects.filter(section=Article.Section.OUTAGES).values_list("title", flat=True)
        self._known_publications |= self._publications.keys() | self._sponsors.keys() | set(map(key_of, outages))

    def learn(self, contents: Contents) -> None:
        """Take names from a post that is not loaded yet."""
        if contents.sponsor:
            self._known_publications.add(key_of(contents.sponsor.name))
        for article in contents.articles:
            if article.section == Article.Section.OUTAGES:
                self._known_publications.add(key_of(article.title))
                continue
            host = host_of(article.url)
            byline = parse_byline(article.credit_lines, host)
            for name in (*byline.authors, byline.publication):
                self._spellings[key_of(name)][name] += 1
            if byline.authors and byline.publication:
                self._known_publications.add(key_of(byline.publication))
            elif _is_plainly_organisation(byline.text):
                self._known_publications.add(key_of(byline.text))
            if byline.publication or byline.authors:
                self._hosts[host][key_of(byline.publication)] += 1
        if contents.sponsor and contents.sponsor.name and contents.sponsor.url:
            self._sponsor_sites[site_of(contents.sponsor.url)][contents.sponsor.name] += 1
            self._spellings[key_of(contents.sponsor.name)][contents.sponsor.name] += 1

    def read(self, lines: list[str], url: str) -> Byline:
        return parse_byline(lines, host_of(url), self._known_publications)

    def author(self, name: str) -> Author:
        key = key_of(name)
        if key not in self._authors:
            self._authors[key] = Author.objects.create(name=self._spelling(name))
        return self._authors[key]

    def publication(self, name: str) -> Publication:
        key = key_of(name)
        if key not in self._publications:
            self._publications[key] = Publication.objects.create(name=self._spelling(name))
        return self._publications[key]

    def sponsor(self, name: str) -> Sponsor:
        key = key_of(name)
        if key not in self._sponsors:
            self._sponsors[key] = Sponsor.objects.create(name=self._spelling(name))
        return self._sponsors[key]

    def sponsor_at(self, url: str) -> str:
        """Return the name of the sponsor with other messages that link to that site, else the site's name."""
        site = site_of(url)
        if names := self._sponsor_sites.get(site):
            return names.most_common(1)[0][0]
        pattern = rf"^https?://([^/]*\.)?{re.escape(site)}(/|$)"
        placement = Placement.objects.filter(url__regex=pattern).first() if site else None
        return placement.sponsor.name if placement else site or UNKNOWN_SPONSOR

    def keep_hosts(self) -> int:
        """Add to each publication the hosts that only it uses. Returns how many publications gained one."""
        changed = 0
        for key, hosts in self._own_hosts().items():
            publication = self._publications.get(key)
            if publication and (new := sorted({*publication.hosts, *hosts})) != sorted(publication.hosts):
                publication.hosts = new
                publication.save(update_fields=["hosts"])
                changed += 1
        return changed

    def _own_hosts(self) -> dict[str, set[str]]:
        own: dict[str, set[str]] = defaultdict(set)
        for host, keys in self._hosts.items():
            # One article may be chance; but acme.example belongs to Acme.
            (key, count), *others = keys.most_common()
            if key and not others and host and not is_shared(host) and (count > 1 or key in host.replace("-", "")):
                own[key].add(host)
        return own

    def _spelling(self, name: str) -> str:
        """Return the spelling that the export uses most, and of two, the one with more capital letters."""
        counts = self._spellings.get(key_of(name), Counter())
        return max(counts, key=lambda given: (counts[given], sum(map(str.isupper, given))), default=name)


def _is_plainly_organisation(text: str) -> bool:
    """Return whether a whole byline is the name of an organisation, such as “Acme Engineering”, and no prose."""
    is_title = all(word[0].isupper() or word in _SMALL for word in text.split())
    return bool(text) and is_title and is_publication(text) and is_organisation(text)


def _by_name(rows: Iterable[Any]) -> dict[str, Any]:
    """Return the rows by the keys of their names and other names. A name wins over another row's other name."""
    rows = list(rows)
    return {key_of(alias): row for row in rows for alias in row.aliases} | {key_of(row.name): row for row in rows}


def site_of(url: str) -> str:
    """Return the last two labels of the host, because campaigns link to many subdomains."""
    return ".".join(host_of(url).split(".")[-2:])
