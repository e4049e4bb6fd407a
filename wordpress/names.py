"""One row for each author, publication and sponsor, however their names are spelled.

All posts are read once before any is loaded, so that what a name is does not depend on which post comes first:
“Acme” alone is a publication because “Jane Doe — Acme” stands somewhere else.
"""

import re
from collections import Counter, defaultdict

from fetching.addresses import host_of, is_shared
from issues.models.credits import Author, Publication
from sponsors.models import Placement, Sponsor
from text.names import key_of
from wordpress.bylines import Byline, KnownNames, parse_byline
from wordpress.contents import Contents

UNKNOWN_SPONSOR = "Unknown sponsor"


class Names:
    def __init__(self) -> None:
        self.known = KnownNames()
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self._hosts: dict[str, Counter[str]] = defaultdict(Counter)  # Keys of publications; "" for authors alone.
        self._sponsor_hosts: dict[str, Counter[str]] = defaultdict(Counter)
        self.refresh()

    def refresh(self) -> None:
        """Read what rows there are: three queries. Also to be called after a transaction was rolled back."""
        self._authors: dict[str, Author] = {}
        for author in Author.objects.all():
            self._authors |= dict.fromkeys(map(key_of, author.aliases), author)
        self._authors |= {key_of(author.name): author for author in Author.objects.all()}
        self._publications = {key_of(row.name): row for row in Publication.objects.all()}
        self._sponsors = {key_of(row.name): row for row in Sponsor.objects.all()}
        self.known.publications |= self._publications.keys()

    def learn(self, contents: Contents) -> None:
        """From a post that is not loaded yet."""
        for entry in contents.entries:
            byline = parse_byline(entry.credit_lines, host_of(entry.url))
            for name in (*byline.authors, byline.publication):
                self._spellings[key_of(name)][name] += 1
            if byline.authors and byline.publication:
                self.known.publications.add(key_of(byline.publication))
            if byline.publication or byline.authors:
                self._hosts[host_of(entry.url)][key_of(byline.publication)] += 1
        if contents.sponsor and contents.sponsor.name and contents.sponsor.url:
            self._sponsor_hosts[_site(contents.sponsor.url)][contents.sponsor.name] += 1
            self._spellings[key_of(contents.sponsor.name)][contents.sponsor.name] += 1

    def read(self, lines: list[str], url: str) -> Byline:
        return parse_byline(lines, host_of(url), self.known)

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
        """The name of the sponsor whose other messages lead to that site, else the site's."""
        site = _site(url)
        if names := self._sponsor_hosts.get(site):
            return names.most_common(1)[0][0]
        pattern = rf"^https?://([^/]*\.)?{re.escape(site)}(/|$)"
        placement = Placement.objects.filter(url__regex=pattern).first() if site else None
        return placement.sponsor.name if placement else site or UNKNOWN_SPONSOR

    def keep_hosts(self) -> int:
        """Let publications be recognised by the hosts on which nobody else was; return how many learned one."""
        learned = 0
        for key, hosts in self._own_hosts().items():
            publication = self._publications.get(key)
            if publication and (new := sorted({*publication.hosts, *hosts})) != sorted(publication.hosts):
                publication.hosts = new
                publication.save(update_fields=["hosts"])
                learned += 1
        return learned

    def _own_hosts(self) -> dict[str, set[str]]:
        own: dict[str, set[str]] = defaultdict(set)
        for host, keys in self._hosts.items():
            # Once may be chance; but acme.example is Acme's.
            (key, count), *others = keys.most_common()
            if key and not others and host and not is_shared(host) and (count > 1 or key in host.replace("-", "")):
                own[key].add(host)
        return own

    def _spelling(self, name: str) -> str:
        """The most frequent one of the export."""
        return self._spellings[key_of(name)].most_common(1)[0][0] if self._spellings.get(key_of(name)) else name


def _site(url: str) -> str:
    """The last two names of the host: campaigns lead to all kinds of subdomains."""
    return ".".join(host_of(url).split(".")[-2:])
