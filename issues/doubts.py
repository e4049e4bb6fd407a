"""Credits to look at: bylines that credit nobody, organisations among the people, and two names that may be one.

Every reason follows from the archive itself. What an editor has found right is a SettledCredit, and is left out.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from fetching.addresses import host_of, is_shared
from issues.models.articles import Article
from issues.models.credits import Author, Authorship, Publication
from issues.models.settled import SettledCredit, subject_of
from sponsors.models import Sponsor
from text.folding import fold
from text.names import core_of, is_like_a_person, is_organisation, join_suffixes, key_of, people_in, similar_names

# Articles that are named beside a doubt.
SAMPLES = 3
# With more authors at one host, it says nothing about any two of them.
MOST_AT_A_HOST = 5
# Letters. Shorter labels of hosts and shorter words of names are too common: “co”, “of”.
SHORTEST = 3
# Letters of a publication's name in a byline. What is longer is prose.
LONGEST = 60

_DASH = re.compile(r"\s+(?:[—–―]|-{1,3})\s+|—")
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")


class Sample(NamedTuple):
    pk: int
    title: str
    host: str


@dataclass
class Facts:
    """What the archive knows of one author or publication."""

    row: Author | Publication
    hosts: Counter[str] = field(default_factory=Counter)
    is_beside: bool = False  # An article has both an author and a publication.
    articles: list[Sample] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def spellings(self) -> list[str]:
        return [self.row.name, *self.row.aliases]


class DoubtfulKind(NamedTuple):
    """An author who may be an organisation, or a publication that may be a person."""

    facts: Facts
    reasons: list[str]

    def __str__(self) -> str:
        kind = "an organisation" if isinstance(self.facts.row, Author) else "a person"
        return f"“{self.facts.name}” may be {kind}: {', '.join(self.reasons)}"


class DoubtfulPair(NamedTuple):
    """Two authors or two publications that may be one. The first has more articles."""

    one: Facts
    other: Facts
    reason: str


class DoubtfulByline(NamedTuple):
    """A byline that credits nobody. `people` and `publication` are whom it seems to name."""

    text: str
    articles: list[Sample]
    people: list[str]
    publication: str


@dataclass(frozen=True)
class Doubts:
    bylines: list[DoubtfulByline]
    authors: list[DoubtfulKind]
    publications: list[DoubtfulKind]
    author_pairs: list[DoubtfulPair]
    publication_pairs: list[DoubtfulPair]

    @property
    def count(self) -> int:
        return sum(map(len, vars(self).values()))


def find_doubts() -> Doubts:
    """Find everything to look at. Six queries, and half a second for 530 issues."""
    archive = _Archive()
    return Doubts(
        bylines=archive.doubtful_bylines(),
        authors=archive.unsettled("author", archive.authors, archive.reasons_for_organisation),
        publications=archive.unsettled("publication", archive.publications, archive.reasons_for_person),
        author_pairs=archive.pairs("authors", archive.authors),
        publication_pairs=archive.pairs("publications", archive.publications),
    )


def find_pairs(model: type[Author] | type[Publication]) -> list[DoubtfulPair]:
    """Find the rows of one kind that may be one. Six queries."""
    archive = _Archive()
    if model is Author:
        return archive.pairs("authors", archive.authors)
    return archive.pairs("publications", archive.publications)


def names_in(byline: str, authors: Mapping[str, str], publications: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the people and the publication that a byline seems to name, spelled as those that exist.

    Both mappings have the names of all rows by key_of(name or other name).
    """
    names, *rest = _DASH.split(join_suffixes(byline))
    # “The last section sums it up: Ann Lee”.
    people = [name for name in people_in([names.rpartition(": ")[2]]) if key_of(name) not in publications]
    people = [authors.get(key_of(name), name) for name in people if key_of(name) in authors or is_like_a_person(name)]
    whole = " ".join(_BRACKETS.sub("", rest[-1] if rest else byline).split()).strip(" ,.;:")
    known = publications.get(key_of(whole), "")
    if rest:
        may_be_named = bool(people) or is_organisation(whole)
    else:  # The byline is one name, or a list of people, or prose with a colon.
        may_be_named = not people and ": " not in whole and is_organisation(whole)
    is_named = may_be_named and len(whole) <= LONGEST and bool(re.search(r"\w", whole))
    return list(dict.fromkeys(people)), known or (whole if is_named else "")


def spellings_of(rows: Iterable[Author | Publication]) -> dict[str, str]:
    """Return names by key_of(name or other name). A name wins over another row's other name."""
    rows = list(rows)
    others = {key_of(alias): row.name for row in rows for alias in row.aliases}
    return others | {key_of(row.name): row.name for row in rows}


def is_named_by(host: str, name: str) -> bool:
    """Return whether a part of the host is this name: “Trust Asia” for blog.trustasia.com."""
    return core_of(name) in {label.replace("-", "") for label in host.split(".")[:-1] if len(label) >= SHORTEST}


class _Archive:
    """All credits of articles, loaded in six queries."""

    def __init__(self) -> None:
        self.authors = {row.pk: Facts(row) for row in Author.objects.all()}
        self.publications = {row.pk: Facts(row) for row in Publication.objects.all()}
        self._settled = set(SettledCredit.objects.values_list("subject", flat=True))
        self._bylines: dict[str, list[Sample]] = defaultdict(list)
        self._alone_at: dict[str, set[int]] = defaultdict(set)  # Authors of articles without a publication, by host.
        credited: dict[int, list[int]] = defaultdict(list)
        for article, author in Authorship.objects.values_list("article", "author"):
            credited[article].append(author)
        # Sponsors, and what had an outage, are organisations.
        self._organisations = {
            core_of(name): f"the sponsor “{name}”" for name in Sponsor.objects.values_list("name", flat=True)
        }
        fields = ("pk", "section", "title", "url", "byline", "publication")
        for pk, section, title, url, byline, publication in Article.objects.order_by("-pk").values_list(*fields):
            if section == Article.Section.OUTAGES:
                self._organisations.setdefault(core_of(title), f"an outage of “{title}”")
            else:
                self._note(Sample(pk, title or url, host_of(url)), byline.strip(), credited[pk], publication)
        words = (facts.name.split() for facts in self.authors.values())
        self._given_names = Counter(fold(first) for first, *rest in filter(None, words) if rest)
        self._cores = [self._by_core(self.publications), self._by_core(self.authors)]
        self._organisations.pop("", None)

    def _note(self, article: Sample, byline: str, authors: list[int], publication: int | None) -> None:
        if not authors and publication is None:
            if byline:
                self._bylines[byline].append(article)
            return
        found = [self.authors[author] for author in authors]
        if publication is None:
            self._alone_at[article.host].update(authors)
        else:
            found.append(self.publications[publication])
        for facts in found:
            facts.hosts[article.host] += 1
            facts.articles.append(article)
            facts.is_beside |= bool(authors) and publication is not None

    def _by_core(self, rows: Mapping[int, Facts]) -> dict[str, str]:
        cores = {core_of(spelling): facts.name for facts in rows.values() for spelling in facts.spellings}
        return {core: name for core, name in cores.items() if core}  # “++” has no letters.

    def doubtful_bylines(self) -> list[DoubtfulByline]:
        """Return each text once: first those that seem to name somebody, and those on the most articles."""
        authors = spellings_of(facts.row for facts in self.authors.values())
        publications = spellings_of(facts.row for facts in self.publications.values())
        found = [
            DoubtfulByline(text, articles, *names_in(text, authors, publications))
            for text, articles in self._bylines.items()
            if subject_of("byline", text) not in self._settled
        ]
        return sorted(found, key=lambda one: (not one.people, not one.publication, -len(one.articles), fold(one.text)))

    def unsettled(
        self, kind: str, rows: Mapping[int, Facts], reasons_for: Callable[[Facts], Iterator[str]]
    ) -> list[DoubtfulKind]:
        found = [DoubtfulKind(facts, reasons) for facts in rows.values() if (reasons := list(reasons_for(facts)))]
        is_settled = [any(subject_of(kind, name) in self._settled for name in one.facts.spellings) for one in found]
        unsettled = [one for one, is_right in zip(found, is_settled, strict=True) if not is_right]
        return sorted(unsettled, key=lambda one: (-len(one.facts.articles), fold(one.facts.name)))

    def reasons_for_organisation(self, facts: Facts) -> Iterator[str]:
        """Yield why an author may be an organisation."""
        first, *rest = fold(facts.name).split() or [""]
        if name := next((self._cores[0][core] for core in self._cores_of(facts) if core in self._cores[0]), ""):
            yield f"there is a publication “{name}”"
        elif other := next(
            (self._organisations[core] for core in self._cores_of(facts) if core in self._organisations), ""
        ):
            yield f"there is {other}"
        if is_organisation(facts.name):
            yield "the words are those of an organisation"
        if facts.is_beside or (rest and self._given_names[first] > 1):
            return
        own = [host for host in facts.hosts if is_named_by(host, facts.name)]
        if own:
            yield f"{own[0]} has this name"
        elif not rest and facts.hosts:
            yield "one word, and never beside a publication"

    def reasons_for_person(self, facts: Facts) -> Iterator[str]:
        """Yield why a publication may be a person."""
        if name := next((self._cores[1][core] for core in self._cores_of(facts) if core in self._cores[1]), ""):
            yield f"there is an author “{name}”"
        if facts.is_beside:
            return
        if is_like_a_person(facts.name) and self._given_names[fold(facts.name).split()[0]]:
            yield "it reads like the name of a person"
        for host in facts.hosts:
            writers = self._alone_at.get(host, set())
            if (
                host
                and len(writers) == 1
                and not is_shared(host)
                and not (writer := self.authors[min(writers)]).is_beside
            ):
                yield f"all else at {host} is by {writer.name}"

    def _cores_of(self, facts: Facts) -> list[str]:
        return [core_of(spelling) for spelling in facts.spellings]

    def pairs(self, kind: str, rows: Mapping[int, Facts]) -> list[DoubtfulPair]:
        owners: dict[str, list[int]] = defaultdict(list)
        for pk, facts in rows.items():
            for spelling in facts.spellings:
                owners[spelling].append(pk)
        found: dict[frozenset[int], str] = {}
        same = [pair for keys in owners.values() for pair in combinations(dict.fromkeys(keys), 2)]
        alike = [(one, two) for a, b in similar_names(owners) for one in owners[a] for two in owners[b]]
        for pair in [*same, *alike]:
            found.setdefault(frozenset(pair), "spelled alike")
        for at_host, host in self._pairs_at_hosts(rows):
            found.setdefault(at_host, f"both at {host}")
        ordered = []
        for pks, reason in found.items():
            both = sorted((rows[pk] for pk in pks), key=lambda facts: (-len(facts.articles), facts.name))
            if len(both) == 2:
                ordered.append(DoubtfulPair(both[0], both[1], reason))
        return [pair for pair in ordered if not self._are_two(kind, pair)]

    def _pairs_at_hosts(self, rows: Mapping[int, Facts]) -> Iterator[tuple[frozenset[int], str]]:
        """Yield rows with one host of their own: one of them is named like it, or the names have words in common."""
        at_hosts: dict[str, list[int]] = defaultdict(list)
        for pk, facts in rows.items():
            for host in facts.hosts:
                if host and not is_shared(host):
                    at_hosts[host].append(pk)
        for host, keys in at_hosts.items():
            for pair in combinations(keys, 2) if len(keys) <= MOST_AT_A_HOST else ():
                one, other = (rows[pk] for pk in pair)
                if isinstance(one.row, Publication):
                    may_be_one = bool(_words(one.name) & _words(other.name))
                else:
                    # Not colleagues, on the site of their company, nor two Anns on a site of many.
                    is_pen_name = is_named_by(host, one.name) or is_named_by(host, other.name)
                    shorter, longer = sorted([_words(one.name), _words(other.name)], key=len)
                    is_shorter = bool(shorter) and shorter <= longer
                    may_be_one = (is_pen_name or is_shorter) and not (one.is_beside or other.is_beside)
                if may_be_one:
                    yield frozenset(pair), host

    def _are_two(self, kind: str, pair: DoubtfulPair) -> bool:
        spellings = ((one, other) for one in pair.one.spellings for other in pair.other.spellings)
        return any(subject_of(kind, *names) in self._settled for names in spellings)


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", fold(name)) if len(word) >= SHORTEST} - {"the", "and"}
