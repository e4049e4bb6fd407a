"""The history of an issue: what was saved of it, how two states differ, and the way back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.formats import date_format

from issues.changes import changing
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.revisions import IssueRevision
from sponsors.models import Placement, Sponsor
from text.differences import Piece, differences

LABELS = {
    "number": "Number",
    "title": "Title",
    "slug": "Address on this site",
    "publish_at": "Publication time",
    "intro": "Intro",
    "status": "State",
    "sponsor": "Sponsor",
    "message": "Message",
    "url": "Address",
    "state": "State",
    "section": "Section",
    "position": "Place",
    "blurb": "Blurb",
    "authors": "Authors",
    "publication": "Publication",
    "byline": "Byline",
    "disclosure": "Disclosure",
    "tags": "Tags",
}
WORDS = ("title", "url", "blurb", "byline", "disclosure")


class Change(NamedTuple):
    """Of the issue itself, its sponsor's message, or an article."""

    kind: str  # "changed", "added", "removed", or "moved" where nothing but the place differs.
    title: str
    article: int | None
    fields: list[tuple[str, list[Piece]]]


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Between the contents of two revisions, in print order; what was removed comes last."""
    old, new = _parts(before), _parts(after)
    return [*_changed(old, new), *_removed(old, new)]


def summarize_changes(before: dict[str, Any] | None, after: dict[str, Any]) -> str:
    """“issue, 2 articles changed, 1 added”."""
    if before is None:
        return ""
    found = changes(before, after)
    own = [change.title for change in found if change.article is None]
    counts: list[str] = []
    for kind in ("changed", "added", "removed", "moved"):
        if count := sum(change.kind == kind and change.article is not None for change in found):
            noun = " article" if not counts and count == 1 else " articles" if not counts else ""
            counts.append(f"{count}{noun} {kind}")
    return ", ".join([*own, *counts])


def restore_article(revision: IssueRevision, key: int, user: User | AnonymousUser | None) -> list[str]:
    """Give one article its former words, credits and tags. It keeps its place.

    Returns a sentence for everything that could not be restored. Raises ValidationError, having changed nothing.
    """
    former = next(article for article in revision.contents["articles"] if article["id"] == key)
    with changing([revision.issue_id], user, f"article restored from version {revision.version}") as change:
        article = Article.objects.filter(pk=key).first() or Article()
        if article.issue_id:
            change.include([article.issue_id])
        lost = _put_words_back(article, former)
        if former["id"] != article.pk:
            article.place(change.issues[revision.issue_id], former["section"])
    return lost + change.sentences


def restore(revision: IssueRevision, user: User | AnonymousUser | None) -> list[str]:
    """Restore the issue to what it was, as a new version.

    Its number, guid and state stay, as does the time of an issue that was approved. Nothing is taken away that readers
    of a published issue have seen, nor from another issue. Returns a sentence for everything that could not be
    restored. Raises ValidationError, having changed nothing.
    """
    with changing([revision.issue_id], user, f"restored from version {revision.version}") as change:
        issue = change.issues[revision.issue_id]
        _restore_issue(issue, revision.contents["issue"])
        lost = [
            *_restore_placements(issue, revision.contents["placements"]),
            *_restore_articles(issue, revision.contents["articles"]),
        ]
    return lost + change.sentences


# How two states differ


def _parts(contents: dict[str, Any]) -> dict[Any, tuple[str, dict[str, str]]]:
    """By "issue", "placement" or an article's key: how it is called, and its fields as text."""
    parts: dict[Any, tuple[str, dict[str, str]]] = {"issue": ("issue", _texts(contents["issue"]))}
    for placement in contents["placements"]:
        parts["placement", placement["slot"]] = ("sponsor’s message", _texts(placement))
    for article in contents["articles"]:
        parts[article["id"]] = (article["title"] or article["url"], _texts(article))
    return parts


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: _text(name, values[name]) for name in LABELS if name in values}


def _text(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(entry if isinstance(entry, str) else entry["name"] for entry in value)
    if isinstance(value, dict):
        return value["name"]
    if name == "publish_at" and value:
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "l, j F Y, H:i")
    return "" if value is None else str(value)


def _changed(old: dict, new: dict) -> Iterator[Change]:
    for key, (title, fields) in new.items():
        before = old[key][1] if key in old else {}
        differing = {name for name in fields if fields[name] != before.get(name, "")}
        if differing:
            kind = "added" if key not in old else "moved" if differing == {"position"} else "changed"
            yield Change(kind, title, key if isinstance(key, int) else None, _differing(before, fields, differing))


def _removed(old: dict, new: dict) -> Iterator[Change]:
    for key, (title, fields) in old.items():
        if key not in new:
            names = {name for name in fields if fields[name]}
            yield Change("removed", title, key if isinstance(key, int) else None, _differing(fields, {}, names))


def _differing(before: dict[str, str], after: dict[str, str], names: set[str]) -> list[tuple[str, list[Piece]]]:
    shown = [name for name in LABELS if name in names]
    return [(LABELS[name], differences(before.get(name, ""), after.get(name, ""))) for name in shown]


# The way back


def _put_words_back(article: Article, former: dict[str, Any]) -> list[str]:
    for name in WORDS:
        setattr(article, name, former[name])
    lost = []
    publication = former["publication"]
    article.publication = _found(Publication, publication) if publication else None
    if publication and article.publication is None:
        lost.append(f"The publication “{publication['name']}” of “{article}” is gone.")
    article.full_clean(exclude=_not_editable(article))
    article.save()
    authors = [(author, _found(Author, author)) for author in former["authors"]]
    article.credit([found for _, found in authors if found])
    article.tags.set(former["tags"])
    return lost + [f"The author “{author['name']}” of “{article}” is gone." for author, found in authors if not found]


def _not_editable(row: Article | Issue) -> set[str]:
    return {field.name for field in row._meta.fields if not field.editable}


def _found(model: Any, former: dict[str, Any]) -> Any:
    """The same row, or the one that goes by its name since they were merged."""
    found = model.objects.filter(pk=former["id"]).first() or model.objects.filter(name__iexact=former["name"]).first()
    if found is None and model is Author:
        found = Author.objects.filter(aliases__contains=[former["name"]]).first()
    return found


def _restore_issue(issue: Issue, former: dict[str, Any]) -> None:
    issue.title, issue.slug, issue.intro = former["title"], former["slug"], former["intro"]
    if not issue.guid:
        issue.number = former["number"]
    if not issue.is_approved:
        issue.publish_at = former["publish_at"] and datetime.fromisoformat(former["publish_at"])
    issue.full_clean(exclude=_not_editable(issue))
    issue.save()


def _restore_placements(issue: Issue, former: list[dict[str, Any]]) -> list[str]:
    lost = []
    issue.placements.exclude(slot__in=[placement["slot"] for placement in former]).delete()
    for values in former:
        sponsor = _found(Sponsor, values["sponsor"])
        if sponsor is None:
            lost.append(f"The sponsor “{values['sponsor']['name']}” is gone, and its message was not restored.")
            continue
        placement = issue.placements.filter(slot=values["slot"]).first() or Placement(issue=issue, slot=values["slot"])
        placement.sponsor = sponsor
        placement.message, placement.url, placement.state = values["message"], values["url"], values["state"]
        placement.full_clean()
        placement.save()
    return lost


def _restore_articles(issue: Issue, former: list[dict[str, Any]]) -> list[str]:
    lost = []
    keys = [values["id"] for values in former]
    present = Article.objects.in_bulk(keys)
    order: list[tuple[Article, str]] = []
    for values in former:
        article = present.get(values["id"]) or Article()
        if article.issue_id not in (None, issue.pk):
            lost.append(f"“{article}” stays as it is: it is in {article.issue} now.")
            continue
        lost += _put_words_back(article, values)
        order.append((article, values["section"]))
    later = issue.articles.exclude(pk__in=keys).order_by("section", "position")
    if issue.is_published:
        order += [(article, article.section) for article in later]
        lost += [f"“{article}” stays: {issue} is published." for article in later]
    else:
        for article in later:
            article.return_to_backlog()
    for section in Article.Section.values:
        for position, article in enumerate((article for article, place in order if place == section), 1):
            article.issue, article.section, article.position = issue, section, position
            article.save(update_fields=["issue", "section", "position"])
    return lost
