"""The inbox: links that wait for a decision, whether they arrived as candidates or were saved as articles."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F, Prefetch, Q, QuerySet, Value
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.timesince import timesince

from collecting.models.candidates import Candidate
from collecting.models.devices import Device
from collecting.models.sources import Source
from desk.posted import is_number
from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.runs import RECENT_ISSUES, count_recent_runs, describe_run, earlier_runs
from text.markdown import plain_text

# What an editor may decide, with the state of the article that it gives.
DECISIONS = {
    "shortlist": Article.State.SHORTLISTED,
    "backlog": Article.State.HELD,
    "decline": Article.State.DECLINED,
    "return": Article.State.SAVED,  # Takes a decision back.
}
# Where a link is after a decision, for sentences.
WHERE = {
    "shortlist": "shortlisted",
    "backlog": "in the backlog, as held",
    "decline": "declined",
    "return": "in the inbox again",
}
# What the list can be narrowed to, with the words for it.
KINDS = {"candidate": "candidates", "article": "saved links"}
AT_THE_DESK = "desk"  # An origin that is neither a feed nor a device.
AGES = {"day": "24 hours or less", "week": "7 days or less", "older": "more than 7 days"}

EXCERPT_LENGTH = 300  # Characters. The page shows two lines of it.


@dataclass
class Row:
    """One link of the inbox, as the page prints it."""

    kind: str  # "candidate" or "article".
    pk: int
    title: str
    url: str
    host: str
    names: str
    site: str
    excerpt: str
    origin: str
    waits_since: datetime
    reading: str = ""  # What became of reading its page.
    runs: list[str] = field(default_factory=list)
    recent_runs: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.pk}"

    @property
    def age(self) -> str:
        if timezone.now() - self.waits_since < timedelta(minutes=1):
            return "just now"
        return f"{timesince(self.waits_since, depth=1)} ago"


class Decided(NamedTuple):
    """The answer for one row. `now` is its key after the decision: a candidate may have become an article."""

    key: str
    now: str
    name: str
    refusal: str = ""  # A sentence, if nothing was changed.
    waits: bool = False  # Whether it waits for a decision now.
    article: Article | None = None  # The article that was changed or added.
    is_new: bool = False


def may_see_articles(user: User | AnonymousUser) -> bool:
    return user.has_perm("issues.view_article") or user.has_perm("issues.change_article")


def waiting(
    user: User | AnonymousUser, *, kind: str = "", origin: str = "", age: str = ""
) -> QuerySet[Any, tuple[str, int, datetime]]:
    """Return kind, key and time of what waits, newest first. The user may see candidates.

    `kind` is one of KINDS, `age` one of AGES, and `origin` as read_origin() takes it. Others filter nothing.
    """
    names = ("kind", "pk", "since")
    rows = Candidate.objects.waiting().order_by().annotate(kind=Value("candidate"), since=F("arrived_at"))
    saved = Article.objects.inbox().order_by().annotate(kind=Value("article"), since=F("created_at"))
    if arrived := read_origin(origin):
        rows = rows.filter(arrived)
        saved = saved.filter(pk__in=Candidate.objects.exclude(article=None).filter(arrived).values("article"))
    elif origin == AT_THE_DESK:
        rows = rows.filter(source=None, device=None)
        elsewhere = Candidate.objects.exclude(article=None).exclude(source=None, device=None)
        saved = saved.exclude(pk__in=elsewhere.values("article"))
    rows, saved = rows.filter(_of_age(age)), saved.filter(_of_age(age))
    found: QuerySet[Any, Any]
    if not may_see_articles(user) or kind == "candidate":
        found = rows.values_list(*names)
    elif kind == "article":
        found = saved.values_list(*names)
    else:
        found = rows.values_list(*names).union(saved.values_list(*names), all=True)
    return found.order_by("-since", "kind", "-pk")


def _of_age(age: str) -> Q:
    now = timezone.now()
    match age:
        case "day":
            return Q(since__gt=now - timedelta(days=1))
        case "week":
            return Q(since__gt=now - timedelta(days=7))
        case "older":
            return Q(since__lte=now - timedelta(days=7))
    return Q()


def read_origin(origin: str) -> Q | None:
    """Return the condition for candidates of a feed or a device, such as "feed-3". None for anything else."""
    name, _, key = origin.partition("-")
    if name not in ("feed", "device") or not is_number(key):
        return None
    return Q(source=int(key)) if name == "feed" else Q(device=int(key))


def origins(user: User | AnonymousUser, chosen: str = "") -> list[tuple[str, str]]:
    """Return value and name of the feeds and devices from which something waits, and of the chosen one. Two queries."""
    of_waiting = Q(state=Candidate.State.NEW)
    if may_see_articles(user):
        of_waiting |= Q(article__in=Article.objects.inbox())
    arrived = Candidate.objects.filter(of_waiting | (read_origin(chosen) or Q(pk=None)))
    feeds = Source.objects.filter(pk__in=arrived.values("source"))
    devices = Device.objects.filter(pk__in=arrived.values("device")).order_by("name", "pk")
    return [
        *((f"feed-{feed.pk}", f"feed: {feed}") for feed in feeds),
        *((f"device-{device.pk}", f"sent from {device}") for device in devices),
        (AT_THE_DESK, "saved at the desk"),
    ]


def load_rows(found: Iterable[tuple[str, int, datetime]]) -> list[Row]:
    """Load what the page prints, in the same order. At most ten queries for any number of rows."""
    keys: dict[str, list[int]] = {"candidate": [], "article": []}
    order = []
    for kind, pk, _ in found:
        keys[kind].append(pk)
        order.append(f"{kind}-{pk}")
    arrived = Candidate.objects.select_related("device", "source")
    candidates = list(arrived.filter(pk__in=keys["candidate"]))
    articles = list(
        Article.objects.with_credits()
        .filter(pk__in=keys["article"])
        .prefetch_related(Prefetch("candidates", arrived, to_attr="arrivals"))
    )
    savers = _savers(articles)
    recent = count_recent_runs(articles)
    rows = [_candidate_row(candidate) for candidate in candidates]
    rows += [_article_row(article, savers.get(str(article.pk), "")) for article in articles]
    by_key = {row.key: row for row in rows}
    for article in articles:
        if times := recent.describe(article):
            by_key[f"article-{article.pk}"].recent_runs = f"{times} in the last {RECENT_ISSUES}"
    _add_runs(by_key, candidates, articles)
    pages = FetchedPage.objects.for_urls(row.url for row in rows)
    for row in rows:
        if page := pages.get(row.url):
            row.reading = page.describe(row.title)
    return [by_key[key] for key in order if key in by_key]


def _candidate_row(candidate: Candidate) -> Row:
    return Row(
        kind="candidate",
        pk=candidate.pk,
        title=candidate.title,
        url=candidate.url,
        host=candidate.host,
        names=candidate.author,
        site=candidate.site_name,
        excerpt=Truncator(candidate.excerpt).chars(EXCERPT_LENGTH),
        origin=_origin(candidate),
        waits_since=candidate.arrived_at,
    )


def _article_row(article: Any, saver: str) -> Row:
    arrival = article.arrivals[0] if article.arrivals else None
    excerpt = plain_text(article.blurb) or (arrival.excerpt if arrival else "")
    return Row(
        kind="article",
        pk=article.pk,
        title=article.title,
        url=article.url,
        host=article.host,
        names=article.byline or ", ".join(author.name for author in article.credited_authors),
        site=str(article.publication or ""),
        excerpt=Truncator(excerpt).chars(EXCERPT_LENGTH),
        origin=f"saved by {saver}" if saver else _origin(arrival) if arrival else "saved at the desk",
        waits_since=article.created_at,
    )


def _origin(candidate: Candidate) -> str:
    if candidate.source:
        return f"feed: {candidate.source}"
    return f"sent from {candidate.device}" if candidate.device else "pasted"


def _savers(articles: Iterable[Article]) -> dict[str, str]:
    """Return who added each article, by its key in Django's log. One query."""
    added = LogEntry.objects.filter(
        content_type__app_label="issues",
        content_type__model="article",
        object_id__in=[str(article.pk) for article in articles],
        action_flag=ADDITION,
    )
    return {entry.object_id or "": entry.user.get_username() for entry in added.select_related("user")}


def _add_runs(rows: dict[str, Row], candidates: Iterable[Candidate], articles: Iterable[Article]) -> None:
    """Add a sentence for each earlier run. One query."""
    keys = {f"candidate-{candidate.pk}": candidate.keys for candidate in candidates}
    keys |= {f"article-{article.pk}": {article.canonical_url} for article in articles}
    runs = earlier_runs(key for several in keys.values() for key in several)
    for row, several in keys.items():
        rows[row].runs = [describe_run(run) for key in sorted(several) for run in runs.get(key, [])]


def decide(keys: Iterable[str], decision: str, undone: str = "") -> list[Decided]:
    """Decide on these rows of the inbox, or return them to it, in one transaction. Unknown keys are left out.

    `undone` is the decision that is taken back: a row on which somebody decided differently since is left as it is.
    Takes about twelve queries for each candidate that becomes an article, and two for each other row.
    """
    wanted: dict[str, set[int]] = {"candidate": set(), "article": set()}
    for key in keys:
        kind, _, pk = key.partition("-")
        if kind in wanted and is_number(pk):
            wanted[kind].add(int(pk))
    with transaction.atomic():
        candidates = Candidate.objects.filter(pk__in=wanted["candidate"]).order_by("pk").select_for_update()
        articles = Article.objects.filter(pk__in=wanted["article"]).order_by("pk").select_related("issue")
        return [
            *(_decide_candidate(candidate, decision) for candidate in candidates),
            *(_decide_article(article, decision, undone) for article in articles.select_for_update(of=("self",))),
        ]


def _decide_candidate(candidate: Candidate, decision: str) -> Decided:
    key, name = f"candidate-{candidate.pk}", str(candidate)
    if decision == "return":
        refusal = "" if candidate.reopen() else f"“{name}” waits already, or was taken: see the backlog."
        return Decided(key, key, name, refusal, waits=not refusal or candidate.state == Candidate.State.NEW)
    if candidate.state != Candidate.State.NEW:
        return Decided(key, key, name, f"“{name}” was decided on already: it is {candidate.get_state_display()}.")
    if decision == "decline":
        candidate.state = Candidate.State.DECLINED
        candidate.save(update_fields=["state"])
        return Decided(key, key, name)
    article, is_new = candidate.take(DECISIONS[decision])
    return Decided(key, f"article-{article.pk}", name, "", False, article, is_new)


def _decide_article(article: Article, decision: str, undone: str) -> Decided:
    key, name = f"article-{article.pk}", str(article)
    if article.issue:
        return Decided(key, key, name, f"“{name}” was not changed: it is in {article.issue}.")
    if decision == "return" and not undone:
        expected = set(Article.State)
    else:
        expected = {Article.State.SAVED, DECISIONS[undone or decision]}
    if article.state not in expected:
        return Decided(key, key, name, f"“{name}” was decided on already: it is {article.get_state_display()}.")
    article.state = DECISIONS[decision]
    article.save(update_fields=["state"])
    return Decided(key, key, name, "", decision == "return", article)


def describe(decided: list[Decided], decision: str) -> str:
    """Return one short sentence for what was done, and one for each refusal."""
    done = [one for one in decided if not one.refusal]
    sentences = [one.refusal for one in decided if one.refusal]
    if len(done) == 1:
        sentences.insert(0, f"“{done[0].name}” is {WHERE[decision]}.")
    elif done:
        sentences.insert(0, f"{len(done)} links are {WHERE[decision]}.")
    return " ".join(sentences) or "Nothing was selected."
