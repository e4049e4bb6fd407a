"""Settle doubtful credits, as issues/admin/doubts.py shows them: in one change for any number of rows."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from issues.admin.fields import add_named
from issues.changes import Change, changing
from issues.doubts import names_in, spellings_of
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.settled import SettledCredit, subject_of

# Do what is offered; say that it is right as it is; take back either.
DECISIONS = ("yes", "no", "return")


class Kind(NamedTuple):
    model: type[Any]
    is_pair: bool = False


# By the first part of a key: “byline-7” (an article; several when credits are taken back), “author-7”, “authors-7-9”,
# “settled-7”.
KINDS = {
    "byline": Kind(Article),
    "author": Kind(Author),
    "publication": Kind(Publication),
    "authors": Kind(Author, is_pair=True),
    "publications": Kind(Publication, is_pair=True),
    "settled": Kind(SettledCredit),
}
OTHER = {"author": "publication", "publication": "author"}


class Key(NamedTuple):
    kind: str
    pks: tuple[int, ...]

    def __str__(self) -> str:
        return "-".join([self.kind, *map(str, self.pks)])


class Settled(NamedTuple):
    """What became of one row. `now` is the key by which it is taken back; empty if that cannot be done here."""

    key: str
    sentence: str
    is_done: bool = True
    now: str = ""


def read_key(text: str) -> Key | None:
    kind, *pks = text.split("-")
    if kind not in KINDS or not all(re.fullmatch(r"[1-9]\d{0,17}", pk) for pk in pks) or len(set(pks)) < len(pks):
        return None
    is_number_right = bool(pks) if kind == "byline" else len(pks) == 1 + KINDS[kind].is_pair
    return Key(kind, tuple(map(int, pks))) if is_number_right else None


class Settling:
    """One request to settle rows. Its user may change all credits."""

    def __init__(self, request: HttpRequest, site: AdminSite) -> None:
        self.request = request
        self.sentences: list[Any] = []  # About scheduled issues that became drafts.
        self._admins: dict[type[Any], Any] = {model: site.get_model_admin(model) for model in (Author, Publication)}
        # Rows that were merged, and the key of the one that was kept.
        self._into: dict[tuple[type[Any], int], int] = {}
        self._spellings: list[dict[str, str]] = []  # Of authors and of publications, when they are needed.

    def settle(self, keys: list[Key], decision: str) -> list[Settled]:
        """Return what became of each row. A row that is gone is left out."""
        acts = {"yes": self._do, "no": self._keep, "return": self._take_back}
        issues = self._issues_of(keys) if decision != "no" else set()
        with changing(issues, self.request.user, "credits settled") as change:
            settled = [acts[decision](change, key) for key in keys]
        self.sentences = change.sentences
        return [one for one in settled if one]

    def load_pairs(self, keys: Iterable[Key]) -> list[tuple[str, list[Any]]]:
        """Return the rows of each pair that exist, with article_count. One query for each kind."""
        keys = list(keys)
        rows: dict[str, dict[int, Any]] = {}
        for kind in {key.kind for key in keys}:
            wanted = {pk for key in keys if key.kind == kind for pk in key.pks}
            rows[kind] = self._admins[KINDS[kind].model].get_queryset(self.request).in_bulk(wanted)
        found = [(str(key), [rows[key.kind][pk] for pk in key.pks if pk in rows[key.kind]]) for key in keys]
        return [(key, pair) for key, pair in found if len(pair) > 1]

    def _issues_of(self, keys: Iterable[Key]) -> set[int]:
        issues: set[int] = set()
        for key in keys:
            if key.kind == "byline":
                issues |= {article.issue_id for article in _of_byline(key.pks[0]) if article.issue_id}
            elif KINDS[key.kind].model in self._admins:
                model = KINDS[key.kind].model
                issues |= set(self._admins[model].issues_of(model.objects.filter(pk__in=key.pks)))
        return issues

    # Yes

    def _do(self, change: Change, key: Key) -> Settled | None:
        if key.kind == "byline":
            return self._credit(change, key)
        return self._merge(change, key) if KINDS[key.kind].is_pair else self._turn(change, key)

    def _credit(self, change: Change, key: Key) -> Settled | None:
        """Credit the people and the publication that the byline seems to name. The byline stays as it is printed."""
        articles = [article for article in _of_byline(key.pks[0]) if not _is_credited(article)]
        if not articles:
            return None
        change.include(article.issue_id for article in articles if article.issue_id)
        people, publication = self._names_in(articles[0].byline)
        if not (people or publication):
            return Settled(str(key), f"Whom “{articles[0].byline}” names cannot be told.", is_done=False)
        user: Any = self.request.user
        authors = [add_named(user, Author, name) for name in people]
        row = add_named(user, Publication, publication) if publication else None
        for article in articles:
            article.publication = row
            article.save(update_fields=["publication"])
            article.credit(authors)
        LogEntry.objects.log_actions(user.pk, articles, CHANGE, "Credited whom the byline names.")
        names = ", ".join(filter(None, [*(author.name for author in authors), row and row.name]))
        now = Key("byline", tuple(article.pk for article in articles))
        return Settled(str(key), f"Credited: {names}.", now=str(now))

    def _turn(self, change: Change, key: Key) -> Settled | None:
        model = KINDS[key.kind].model
        row = model.objects.filter(pk=key.pks[0]).first()
        if row is None:
            return None
        namesake, other = row.namesake(), OTHER[key.kind]
        left = 0
        if isinstance(row, Author):
            count = row.articles.count()
            left = count - row.articles_to_turn(namesake).count()
            if left and left == count:
                return Settled(str(key), f"“{row}” stays: another publication has published all of it.", is_done=False)
        turned = self._admins[model].turn_inside(self.request, change, row.pk)
        if turned is None:  # Somebody else was first.
            return None
        if left:
            sentence = f"“{turned}” is a publication now, and stays an author of what others have published: {left}."
            return Settled(str(key), sentence, is_done=False)
        SettledCredit.objects.settle([subject_of(other, turned.name)])
        an = "an author" if other == "author" else "a publication"
        # What has joined another row cannot be told from it any more.
        return Settled(str(key), f"“{turned}” is {an} now.", now="" if namesake else f"{other}-{turned.pk}")

    def _merge(self, change: Change, key: Key) -> Settled | None:
        """Merge a pair into the row that was chosen, or into the first. Rows may have been merged by a pair before."""
        model = KINDS[key.kind].model
        chosen = self.request.POST.get(f"kept-{key}", "")
        kept = next((pk for pk in key.pks if str(pk) == chosen), key.pks[0])
        kept, *others = [self._into.get((model, pk), pk) for pk in (kept, *(pk for pk in key.pks if pk != kept))]
        into, merged = self._admins[model].merge_inside(self.request, change, kept, others)
        if not merged:
            return None
        moved = [row for row, target in self._into.items() if row[0] is model and target in others]
        self._into |= dict.fromkeys([*moved, *((model, pk) for pk in others)], kept)
        names = ", ".join(f"“{other}”" for other in merged)
        return Settled(str(key), f"Merged into “{into}”: {names}.")

    # No, and taking back

    def _keep(self, change: Change, key: Key) -> Settled | None:
        if key.kind == "settled":
            return None
        if key.kind == "byline":
            article = Article.objects.filter(pk=key.pks[0]).first()
            names = [article.byline.strip()] if article and article.byline.strip() else []
        else:
            names = list(KINDS[key.kind].model.objects.filter(pk__in=key.pks).values_list("name", flat=True))
        if len(names) < len(key.pks):
            return None
        subject = subject_of(key.kind, *names)
        SettledCredit.objects.settle([subject])
        kept = SettledCredit.objects.get(subject=subject)
        words = " and ".join(f"“{name}”" for name in names)
        sentence = f"{words} are two." if KINDS[key.kind].is_pair else f"{words} is right as it is."
        return Settled(str(key), sentence, now=f"settled-{kept.pk}")

    def _take_back(self, change: Change, key: Key) -> Settled | None:
        if key.kind == "settled":
            deleted, _ = SettledCredit.objects.filter(pk=key.pks[0]).delete()
            return Settled(str(key), "It is asked for again.") if deleted else None
        if key.kind == "byline":
            return self._uncredit(change, key)
        if KINDS[key.kind].is_pair:
            return None
        row = KINDS[key.kind].model.objects.filter(pk=key.pks[0]).first()
        settled = self._turn(change, key) if row else None
        if row:
            SettledCredit.objects.on([subject_of(key.kind, row.name), subject_of(OTHER[key.kind], row.name)]).delete()
        return settled

    def _uncredit(self, change: Change, key: Key) -> Settled | None:
        """Take back the credits of these articles, unless somebody has changed them since."""
        articles = list(Article.objects.with_credits().filter(pk__in=key.pks).exclude(byline="").order_by("pk"))
        change.include(article.issue_id for article in articles if article.issue_id)
        for article in articles:
            credited = [author.name for author in article.credited_authors], str(article.publication or "")
            if credited == self._names_in(article.byline):
                article.publication = None
                article.save(update_fields=["publication"])
                article.credit([])
        return Settled(str(key), "The byline credits nobody again.", now=str(key)) if articles else None

    def _names_in(self, byline: str) -> tuple[list[str], str]:
        if not self._spellings:
            self._spellings = [spellings_of(Author.objects.all()), spellings_of(Publication.objects.all())]
        return names_in(byline.strip(), *self._spellings)


def _of_byline(pk: int) -> list[Article]:
    """Return the articles with the byline of this article. Two queries, and two for their credits."""
    text = Article.objects.filter(pk=pk).values_list("byline", flat=True).first() or ""
    found = Article.objects.with_credits().filter(byline__contains=text.strip()).order_by("pk") if text.strip() else []
    return [article for article in found if article.byline.strip() == text.strip()]


def _is_credited(article: Article) -> bool:
    return bool(article.publication or article.credited_authors)
