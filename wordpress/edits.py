"""Tell whether a row was edited here after it was loaded, and what WordPress has changed meanwhile.

Tags and credits are no edits, because they survive another import: see parts.py. They count only where WordPress has
changed the small print, too, and even then an author or a publication that was renamed or merged is still the same.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import slugify

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.revisions import IssueRevision, contents_of
from sponsors.models import Sponsor
from text.names import key_of
from text.quotes import quote
from wordpress.contents import Contents, ExportedArticle
from wordpress.extract import extract_issue, extract_page
from wordpress.models import WordPressPost
from wordpress.posts import Post

type _Credit = tuple[type[Author | Publication], dict[str, Any]]

# The cause of the revisions that an import makes.
CAUSE = "imported from WordPress"

_WORDS = ("title", "url", "section", "position", "blurb")
_NAMES = ("authors", "publication", "byline", "disclosure", "sponsor")


class Difference(NamedTuple):
    """A text that WordPress has changed, and that says something else here."""

    what: str
    here: str
    there: str

    def __str__(self) -> str:
        here, there = (f"“{text}”" if text else "nothing" for text in (self.here, self.there))
        return f"{self.what}\nHere: {here}\nIn WordPress: {there}"


def is_edited(issue: Issue, post: Post, kept: WordPressPost, *, is_as_left: bool) -> bool:
    """Return whether another import would undo what was changed here.

    Load the issue by with_contents(). `is_as_left` says whether it is as the last import left it, perhaps with names
    that were chosen here before. It decides if no revision is left of an import, as after a move by an archive.
    """
    was = _as_loaded(list(IssueRevision.objects.filter(issue=issue)))
    if was is None:
        return not is_as_left
    now = contents_of(issue)
    return was != now and (_words_of(was) != _words_of(now) or _has_other_names(was, now, post, kept))


def _as_loaded(revisions: list[IssueRevision]) -> dict[str, Any] | None:
    """Return what the last import left, but with the names that an import gave, and not those kept from the desk.

    `revisions` are all of an issue, the latest first. None if no import made one.
    """
    pairs = zip_longest((one.contents for one in revisions), (one.contents for one in revisions[1:]))
    imports = [pair for pair, one in zip(pairs, revisions, strict=True) if one.cause == CAUSE]
    if not imports:
        return None
    parts = {"placements": "slot", "articles": "id"}
    return {**imports[0][0], **{part: _rows_as_given(part, key, imports) for part, key in parts.items()}}


def _rows_as_given(part: str, key: str, imports: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """Return the rows after the last import, each with the names of the import that set them.

    `imports` has the contents after and before each import. One that left the names as they were only kept them.
    """

    def names_of(contents: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any] | None:
        found = next((one for one in (contents or {}).get(part, ()) if one[key] == row[key]), None)
        return found and {name: found[name] for name in _NAMES if name in found}

    rows = []
    for row in imports[0][0][part]:
        given: dict[str, Any] = {}
        for after, before in imports:
            names = names_of(after, row)
            given = names or given
            if names is None or names != names_of(before, row):
                break
        rows.append({**row, **given})
    return rows


def is_rewritten(issue: Issue, cause: str) -> bool:
    """Return whether words, credits or sponsor are no longer those that the last import of this cause left.

    Tags do not count, nor do authors and publications that were renamed or merged: another import finds them. True if
    no revision is left of an import. Load the issue by with_contents().
    """
    loaded = IssueRevision.objects.filter(issue=issue, cause=cause).first()
    if loaded is None:
        return True
    was, now = loaded.contents, contents_of(issue)
    identity = _Identity(was)
    return _words_of(was) != _words_of(now) or not (
        all(one["sponsor"] == other["sponsor"] for one, other in zip(was["placements"], now["placements"], strict=True))
        and all(map(identity.are_same_credits, was["articles"], now["articles"]))
    )


def _words_of(contents: dict[str, Any]) -> list[Any]:
    messages = [(message["slot"], message["message"], message["url"]) for message in contents["placements"]]
    articles = [(article["id"], *(article[name] for name in _WORDS)) for article in contents["articles"]]
    return [contents["issue"], messages, articles]


def _has_other_names(was: dict[str, Any], now: dict[str, Any], post: Post, kept: WordPressPost) -> bool:
    """Return whether a sponsor or credits differ that another import would set. Otherwise it keeps those of today."""
    before, after = (extract_issue(html, post.base_url, post.link, is_sketch=True) for html in (kept.html, post.html))
    is_reload = kept.html == post.html  # Reads everything anew.
    identity = _Identity(was)
    keeps_sponsor = before.sponsor and after.sponsor and before.sponsor.name == after.sponsor.name
    messages = zip(was["placements"], now["placements"], strict=True)
    articles = zip(was["articles"], now["articles"], strict=True)
    return not (
        (keeps_sponsor or all(identity.is_same_sponsor(one["sponsor"], other["sponsor"]) for one, other in messages))
        and all(
            (not is_reload and has_same_small_print(find_same(_exported(one), before.articles), after.articles))
            or identity.are_same_credits(one, other)
            for one, other in articles
        )
    )


def has_same_small_print(article: ExportedArticle | None, others: list[ExportedArticle]) -> bool:
    """Return whether one of the others is the same article, with the same credits and disclosure as printed."""
    other = find_same(article, others) if article else None
    return article is not None and other is not None and _small_print(article) == _small_print(other)


def _exported(article: dict[str, Any]) -> ExportedArticle:
    return ExportedArticle(article["section"], article["title"], article["url"])


class _Identity:
    """Compare names in an earlier revision with those of today, which may have been renamed, merged or turned."""

    def __init__(self, was: dict[str, Any]):
        articles = was["articles"]
        self._left = {
            Author: _left(Author, (author for article in articles for author in article["authors"])),
            Publication: _left(Publication, (article["publication"] for article in articles)),
            Sponsor: _left(Sponsor, (placement["sponsor"] for placement in was["placements"])),
        }
        self._known: dict[tuple[type[models.Model], int], Any] = {}

    def is_same_sponsor(self, was: dict[str, Any], now: dict[str, Any]) -> bool:
        # A sponsor that was merged into another one leaves no name there.
        return was["id"] == now["id"] or was["id"] not in self._left[Sponsor]

    def are_same_credits(self, was: dict[str, Any], now: dict[str, Any]) -> bool:
        """Return whether the same people and publication are credited, in the same order and with the same words."""
        if (was["byline"], was["disclosure"]) != (now["byline"], now["disclosure"]):
            return False
        before: list[_Credit] = [(Author, one) for one in was["authors"]]
        before += [(Publication, was["publication"])] if was["publication"] else []
        after: list[_Credit] = [(Author, one) for one in now["authors"]]
        after += [(Publication, now["publication"])] if now["publication"] else []
        found = [next((new for new in after if self._is_one(*old, *new)), None) for old in before]
        people = [new[1]["id"] for new in found if new and new[0] is Author]
        return (
            None not in found
            and list(dict.fromkeys(people)) == [one["id"] for one in now["authors"]]
            and (not now["publication"] or any(new and new[0] is Publication for new in found))
        )

    def _is_one(self, old_kind: Any, old: dict[str, Any], kind: Any, new: dict[str, Any]) -> bool:
        if old_kind is kind and old["id"] == new["id"]:
            return True
        if old["id"] in self._left[old_kind]:
            return False  # Somebody else is credited now.
        if (old_kind, kind) == (Publication, Author):
            return False  # Small print with a dash would be read as a publication again.
        key = (kind, new["id"])
        if key not in self._known:
            self._known[key] = kind.objects.get(pk=new["id"])
        return is_known_as(self._known[key], old["name"])


def _left(model: Any, rows: Iterable[dict[str, Any] | None]) -> set[int]:
    keys = {row["id"] for row in rows if row}
    return set(model.objects.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()


def is_known_as(row: Author | Publication, name: str) -> bool:
    """Return whether this is or was the name of the row, or of one that was merged into it."""
    names = {key_of(one) for one in (row.name, *getattr(row, "aliases", ()))}
    return key_of(name) in names or slugify(name, allow_unicode=True) in (row.slug, *row.previous_slugs)


def differences(post: Post, kept: WordPressPost, row: Issue | Page) -> list[Difference]:
    """Return the texts that WordPress changed since the last import, and that say something else here."""
    read = extract_page if isinstance(row, Page) else extract_issue
    was, now = read(kept.html, post.base_url, kept.permalink), read(post.html, post.base_url, post.link)
    if isinstance(row, Page):
        return [*_differ("title", "", post.title, row.title), *_differ("text", was.intro, now.intro, row.body)]
    message = next((placement.message for placement in row.placements.all()), "")
    return [
        *_differ("title", _loaded_title(row), post.issue_title, row.title),
        *_differ("intro", was.intro, now.intro, row.intro),
        *_differ("sponsor’s message", _message(was), _message(now), message),
        *_differing_articles(was.articles, now.articles, row),
    ]


def _differ(what: str, was: str, now: str, here: str) -> Iterator[Difference]:
    if now not in (was, here):
        yield Difference(what, here, now)


def _loaded_title(issue: Issue) -> str:
    loaded = IssueRevision.objects.filter(issue=issue, cause=CAUSE).first()
    return loaded.contents["issue"]["title"] if loaded else ""


def _message(contents: Contents) -> str:
    return contents.sponsor.message if contents.sponsor else ""


def _differing_articles(was: list[ExportedArticle], now: list[ExportedArticle], issue: Issue) -> Iterator[Difference]:
    here = issue.printed_entries
    for there in now:
        before = find_same(there, was)
        article = find_same(there, here) or (find_same(before, here) if before else None)
        name = quote(there.title or there.url)
        if article is None:
            if before is None:
                yield Difference(f"new article {name}", "", there.blurb)
            elif before != there:
                yield Difference(f"article {name}, which was removed", "", there.blurb)
            continue
        old = before or ExportedArticle(there.section)
        yield from _differ(f"title of {name}", old.title, there.title, article.title)
        yield from _differ(f"address of {name}", old.url, there.url, article.url)
        yield from _differ(f"blurb of {name}", old.blurb, there.blurb, article.blurb)
        printed = " ".join(filter(None, (article.credits, article.disclosure)))
        yield from _differ(f"credits of {name}", _small_print(old), _small_print(there), printed)
    for before in was:
        article = find_same(before, here)
        if article and find_same(before, now) is None:
            yield Difference(f"article {quote(before.title or before.url)}", article.blurb or article.title, "")


def _small_print(article: ExportedArticle) -> str:
    return " ".join(filter(None, (*article.credit_lines, article.disclosure)))


def find_same[T: (Article, ExportedArticle)](given: ExportedArticle | Article, articles: list[T]) -> T | None:
    """Return the article with the same address and title, or the first with the same address or title, or None."""
    same = [article for article in articles if article.section == given.section]
    return next((a for a in same if a.url == given.url and a.title == given.title), None) or next(
        (a for a in same if (a.url == given.url and given.url) or (a.title == given.title and given.title)), None
    )
