"""Any number of invented issues. Lengths and frequencies are those of eleven years of the newsletter."""

from datetime import timedelta
from functools import cache
from itertools import accumulate, batched, product
from math import log
from random import Random

from django.utils import timezone
from django.utils.text import slugify
from taggit.models import Tag

from fetching.identity import canonicalize
from issues.models.addresses import Address
from issues.models.articles import Article, Tagging
from issues.models.credits import Author, Authorship, Publication
from issues.models.issues import Issue
from issues.printing.version import digest
from mailings.models.subscribers import Subscriber, columns_of
from sponsors.models import Placement, Sponsor
from text.mailboxes import read_mailbox

ARTICLES = 8
AUTHORS, PUBLICATIONS, TAGS, SPONSORS = 850, 600, 60, 12
YEARS = timedelta(days=550 * 7)  # For any number of issues.
BATCH = 2000

FIRST_NAMES = """
    Ada Aiko Amara Anselm Beatriz Bjarne Camille Dario Delphine Efua Emre Farida Greta Hamid Hana Ines Ivo Jomo
    Kaspar Katya Leila Linh Magnus Mei Noor Oluwaseun Paulo Quentin Rosa Samir Tariq Uma
""".split()
LAST_NAMES = """
    Abara Achterberg Bakker Castellanos Dahl Eriksen Fontaine Grigoryan Haddad Ibarra Jansen Kowalczyk Lindgren
    Moreau Nakashima Okonkwo Petrov Quispe Rasmussen Sarr Tanaka Ueda Varga Whitlock Xu Yilmaz Zhou
""".split()
WORDS = """
    alert backlog backup balancer bandwidth batch blast boundary breaker budget buffer cache canary capacity
    certificate change checkpoint client clock cluster cohort commit config connection consensus container cost
    dashboard database deadline deploy disk drain drift drill error event failover failure fallback fence flag
    fleet gateway handover header health heartbeat hotfix incident index invariant jitter journal key latency
    leader lease ledger limit load lock log manual margin memory metric migration mirror monitor network node
    noise on-call operator outage owner packet pager partition patch peer pipeline pool postmortem primary probe
    proxy queue quorum quota rack rate record region release replica request resolver restore retry review
    rollback rollout runbook saturation schema secret server service shard signal skew slot snapshot socket
    spare spike standby storage stream surge switch table tail thread threshold throttle timeout token trace
    traffic trend trigger tunnel upgrade valve version warning window worker zone after almost always because
    before behind between careful every first gradual honest how later little never often only quiet rarely
    reading simple slow small sudden the what when while why without
""".split()


def fill(issues: int) -> None:
    """Add published issues of ARTICLES articles each, the oldest third with outages. Always adds the same rows."""
    Filling(Random(issues)).fill(issues)


def make_draft(number: int, articles: int) -> Issue:
    """Add a draft in which every article is complete."""
    return Filling(Random(number)).draft(number, articles)


def subscribe(count: int, domains: int = 500) -> None:
    """Add active subscribers at so many domains, 5,000 with each query."""
    for numbers in batched(range(count), 5000, strict=False):
        mailboxes = [read_mailbox(f"reader{number}@domain{number % domains}.example") for number in numbers]
        now = timezone.now()
        Subscriber.objects.bulk_create(Subscriber(**columns_of(one), confirmed_at=now) for one in mailboxes)


class Filling:
    def __init__(self, random: Random):
        self.random = random

    def fill(self, count: int) -> None:
        self._make_credits()
        now = timezone.now()
        issues = Issue.objects.bulk_create(
            [
                Issue(
                    number=number,
                    title=f"SRE Weekly Issue #{number}",
                    slug=f"sre-weekly-issue-{number}",
                    intro=self._blurb() if self.random.random() < 0.25 else "",
                    status=Issue.Status.APPROVED,
                    publish_at=(publish_at := now - YEARS * (count - number) / count),
                    updated_at=publish_at,
                    guid=f"tag:sreweekly.example,2026:issue-{number}",
                )
                for number in range(1, count + 1)
            ],
            BATCH,
        )
        Address.objects.bulk_create([Address.objects.current(issue) for issue in issues], BATCH)
        self._place_sponsors([issue for issue in issues if self.random.random() < 0.85])
        articles = [self._article(issue, position) for issue in issues for position in range(1, ARTICLES + 1)]
        outages = [
            self._outage(issue, position)
            for issue in issues[: count // 3]
            for position in range(1, self.random.randint(1, 11) + 1)
        ]
        Article.objects.bulk_create(articles + outages, BATCH)
        self._credit(articles)
        self._note_digests()

    def draft(self, number: int, count: int) -> Issue:
        self.authors, self.tags = list(Author.objects.all()), list(Tag.objects.all())
        self.publications = list(Publication.objects.all())
        issue = Issue.objects.create(number=number, title=f"Issue #{number}", slug=f"issue-{number}")
        self._place_sponsors([issue], Sponsor.objects.all()[:1])
        articles = Article.objects.bulk_create([self._article(issue, position + 1) for position in range(count)])
        self._credit(articles)
        return issue

    def _note_digests(self) -> None:
        """Store what issues/changes.py would have stored. Without it, printed contents are not kept."""
        for issue in Issue.objects.with_contents().iterator(chunk_size=BATCH // ARTICLES):
            Issue.objects.filter(pk=issue.pk).update(contents_digest=digest(issue))

    def _make_credits(self) -> None:
        people = self.random.sample([" ".join(names) for names in product(FIRST_NAMES, LAST_NAMES)], AUTHORS)
        sites = self.random.sample([f"{a.title()} {b.title()}" for a, b in product(WORDS, WORDS)], PUBLICATIONS)
        self.authors = Author.objects.bulk_create([Author(name=name, slug=slugify(name)) for name in people])
        self.publications = Publication.objects.bulk_create(
            [Publication(name=name, slug=slugify(name), hosts=[f"{slugify(name)}.example"]) for name in sites]
        )
        self.tags = Tag.objects.bulk_create([Tag(name=name, slug=name) for name in WORDS[:TAGS]])

    def _place_sponsors(self, issues: list[Issue], sponsors=None) -> None:
        sponsors = sponsors or Sponsor.objects.bulk_create(
            [Sponsor(name=f"{word.title()} & Co", url=f"https://{word}.example/") for word in WORDS[-SPONSORS:]]
        )
        Placement.objects.bulk_create(
            [
                Placement(
                    issue=issue,
                    sponsor=(sponsor := self.random.choice(sponsors)),
                    message=self._blurb(),
                    url=f"{sponsor.url}?utm_source=newsletter&utm_campaign={issue.number}",
                    state=Placement.State.APPROVED,
                )
                for issue in issues
            ],
            BATCH,
        )

    def _article(self, issue: Issue, position: int) -> Article:
        title = " ".join(self._words(3, 14)).capitalize()
        publication = self._choose(self.publications) if self.random.random() < 0.75 else None
        host = publication.hosts[0] if publication else "example.com"
        url = f"https://{host}/{slugify(title)}-{issue.number}-{position}"
        return Article(
            issue=issue,
            position=position,
            title=title,
            url=url,
            canonical_url=canonicalize(url),
            blurb=self._blurb(),
            publication=publication,
            disclosure="Full disclosure: Example is my employer." if self.random.random() < 0.03 else "",
        )

    def _outage(self, issue: Issue, position: int) -> Article:
        url = f"https://status.example/{issue.number}/{position}"
        return Article(
            issue=issue,
            section=Article.Section.OUTAGES,
            position=position,
            title=" ".join(self._words(1, 3)).title(),
            url=url,
            canonical_url=canonicalize(url),
            blurb=self._blurb() if self.random.random() < 0.33 else "",
        )

    def _credit(self, articles: list[Article]) -> None:
        authorships, taggings = [], []
        for article in articles:
            amount = self.random.choices((0, 1, 2, 3), (8, 75, 13, 4))[0]
            for position, author in enumerate({self._choose(self.authors): None for _ in range(amount)}, 1):
                authorships.append(Authorship(article=article, author=author, position=position))
            for tag in {self._choose(self.tags): None for _ in range(self.random.randint(0, 3))}:
                taggings.append(Tagging(content_object=article, tag=tag))
        Authorship.objects.bulk_create(authorships, BATCH)
        Tagging.objects.bulk_create(taggings, BATCH)

    def _choose[Row](self, rows: list[Row]) -> Row:
        return self.random.choices(rows, cum_weights=_weights(len(rows)))[0]

    def _words(self, least: int, most: int) -> list[str]:
        return self.random.choices(WORDS, k=self.random.randint(least, most))

    def _blurb(self) -> str:
        """Return one to three paragraphs of Markdown, of 150 characters in the median and 900 at most."""
        length = min(900, self.random.lognormvariate(log(150), 0.6))
        paragraphs = [""]
        while sum(map(len, paragraphs)) < length - 40:
            if len(paragraphs[-1]) > 220 and len(paragraphs) < 3:
                paragraphs.append("")
            paragraphs[-1] += " ".join(self._words(6, 14)).capitalize() + ". "
        kind = self.random.random()
        if kind < 0.12:
            paragraphs[-1] = "> " + paragraphs[-1]
        elif kind < 0.18:
            paragraphs.append("\n".join(f"- {' '.join(self._words(2, 6))}" for _ in range(3)))
        elif kind < 0.30:
            paragraphs[0] += f"*{self._words(1, 1)[0]}* in [{self._words(1, 1)[0]}](https://example.org/)."
        return "\n\n".join(paragraph.strip() for paragraph in paragraphs)


@cache
def _weights(count: int) -> list[float]:
    """Return weights by which a few rows are chosen often. The first of 850 gets 3 % of credits, as in #111-#283."""
    return list(accumulate(1 / (5 + n) for n in range(1, count + 1)))
