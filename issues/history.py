"""Compare two revisions of an issue, and restore one of them or one of its articles."""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import models
from django.template.defaultfilters import pluralize

from desk.moments import format_moment
from issues.changes import changing
from issues.models.articles import Article
from issues.models.credits import Author, Credited, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.revisions import FIELDS, IssueRevision, PageRevision, Revision
from issues.models.tags import FormerTag
from sponsors.models import Placement, Sponsor
from text.differences import Piece, differences
from text.quotes import quote

# Causes that say nothing that the changes do not, and how a row began.
TOLD = {"saved", "added", "made a draft again", "article placed", "erratum added"}
BEGINNINGS = {"added": "begun", "as it was": "as it was before the first change here"}
TITLES: dict[type[models.Model], str] = {Issue: "issue", Placement: "sponsor’s message"}


class Change(NamedTuple):
    """What differs in one part of an issue: in its own fields, in its sponsor's message, or in an article."""

    kind: str  # "changed", "added", "removed", or "moved" if only the position differs.
    title: str
    article: int | None  # The primary key, if this part is an article.
    fields: list[tuple[str, list[Piece]]]  # The label of each field that differs, and its two texts compared.


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Compare the contents of two revisions. Changes are in print order; removed parts come last."""
    old, new = _read_parts(before), _read_parts(after)
    found = []
    for part in dict.fromkeys([*new, *old]):
        model, key = part
        blank = dict.fromkeys(FIELDS[model], "")
        was, now = old.get(part, blank), new.get(part, blank)
        names = [name for name in blank if was[name] != now[name]]
        if names:
            kind = "added" if part not in old else "removed" if part not in new else "changed"
            kind = "moved" if names == ["position"] else kind
            values = was if kind == "removed" else now
            title = TITLES.get(model) or values["title"] or values["url"]
            field = model._meta.get_field
            fields = [(str(field(name).verbose_name), differences(was[name], now[name])) for name in names]
            found.append(Change(kind, title, key if model is Article else None, fields))
    return found


def tell(revision: Revision, before: Revision | None) -> str:
    """Return what the user did between two revisions, such as “scheduled for 6 Dec 2026, 20:45, intro changed”.

    Without a revision before, it is how the row began.
    """
    if before is None:
        return BEGINNINGS.get(revision.cause, revision.cause)
    is_page = isinstance(revision, PageRevision)
    told = _tell_page(revision, before) if is_page else _tell_issue(revision, before)
    if not told:
        return revision.cause
    return ", ".join(told) if revision.cause in TOLD else f"{revision.cause}: {', '.join(told)}"


def _tell_issue(revision: Revision, before: Revision) -> list[str]:
    was, now = before.contents["issue"], revision.contents["issue"]
    found = changes(before.contents, revision.contents)
    others = [
        f"{change.title} {change.kind}" for change in found if not change.article and change.title != TITLES[Issue]
    ]
    counts = Counter(change.kind for change in found if change.article)
    articles = [f"{count} article{pluralize(count)} {kind}" for kind, count in counts.items()]
    names = [name for name in FIELDS[Issue] if was[name] != now[name] and name not in ("status", "publish_at")]
    return [*_tell_state(was, now, revision.saved_at), *_tell_fields(Issue, names), *others, *articles]


def _tell_state(was: dict[str, Any], now: dict[str, Any], saved_at: datetime) -> list[str]:
    """Say in words how the state of an issue changed, or its time."""
    if was["status"] != now["status"] and now["status"] == Issue.Status.DRAFT:
        return ["taken back"]
    if all(was[name] == now[name] for name in ("status", "publish_at")):
        return []
    if now["publish_at"] is None:
        return ["publication time removed"]
    time = _to_text("publish_at", now["publish_at"])
    is_now = datetime.fromisoformat(now["publish_at"]) <= saved_at + settings.COOLING_OFF
    if was["status"] != now["status"] and is_now:
        return ["published"]
    if now["status"] == Issue.Status.DRAFT or is_now:
        return [f"publication time set to {time}"]
    return [f"scheduled for {time}"]


def _tell_page(revision: Revision, before: Revision) -> list[str]:
    was, now = before.contents, revision.contents
    is_same = was["is_published"] == now["is_published"]
    state = [] if is_same else ["published" if now["is_published"] else "taken back"]
    names = [name for name in FIELDS[Page] if was[name] != now[name] and name != "is_published"]
    return [*state, *_tell_fields(Page, names)]


def _tell_fields(model: type[models.Model], names: list[str]) -> list[str]:
    labels = [str(model._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]
    return [f"{' and '.join(labels)} changed"] if labels else []


def restore_article(revision: IssueRevision, key: int, user: User | AnonymousUser | None) -> list[str]:
    """Give one article the text, credits and tags that it had in this revision. It keeps its place.

    Returns a sentence for everything that could not be restored. Raises ValidationError, having changed nothing.
    """
    former = next((article for article in revision.contents["articles"] if article["id"] == key), None)
    if former is None:
        raise ValidationError(f"This article is not in version {revision.version}.")
    with changing([revision.issue_id], user, f"article restored from version {revision.version}") as change:
        article = Article.objects.filter(pk=key).first() or Article()
        if article.issue_id:
            change.include([article.issue_id])
        lost = _restore_article(article, former)
        if article.pk != key:  # It had been deleted.
            article.place(change.issues[revision.issue_id], former["section"])
    return lost + change.sentences


def restore(revision: IssueRevision, user: User | AnonymousUser | None) -> list[str]:
    """Make the issue what it was in this revision, as a new version.

    The issue keeps its guid and status, its number once it has a guid, and its publication time while it is approved.
    Articles that are in another issue by now stay there. Articles that were added later go to the backlog, unless the
    issue is published. Returns a sentence for everything that could not be restored. Raises ValidationError, having
    changed nothing.
    """
    with changing([revision.issue_id], user, f"restored from version {revision.version}") as change:
        issue = change.issues[revision.issue_id]
        names = ["title", "slug", "intro"]
        names += [] if issue.guid else ["number"]
        names += [] if issue.is_approved else ["publish_at"]
        _restore_fields(issue, revision.contents["issue"], names)
        lost = _restore_placements(issue, revision.contents["placements"])
        lost += _restore_articles(issue, revision.contents["articles"])
    return lost + change.sentences


def _read_parts(contents: dict[str, Any]) -> dict[Any, dict[str, str]]:
    """Return the fields of each part as text, by its model and key, such as (Article, 12)."""
    rows: dict[Any, dict[str, Any]] = {(Issue, None): contents["issue"]}
    rows |= {(Placement, row["slot"]): row for row in contents["placements"]}
    rows |= {(Article, row["id"]): row for row in contents["articles"]}
    return {part: {name: _to_text(name, row[name]) for name in FIELDS[part[0]]} for part, row in rows.items()}


def _to_text(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_to_text(name, item) for item in value)
    if isinstance(value, dict):
        return value["name"]
    if name == "publish_at" and value:
        return format_moment(datetime.fromisoformat(value))
    return "" if value is None else str(value)


def _restore_fields(row: Issue | Placement | Article, former: dict[str, Any], names: list[str]) -> None:
    """Set these fields and save the row. Raises ValidationError. full_clean() turns the text of a time into a time."""
    for name in names:
        setattr(row, name, former[name])
    row.full_clean(exclude={field.name for field in row._meta.fields if not field.editable})
    row.save()


def _restore_placements(issue: Issue, former: list[dict[str, Any]]) -> list[str]:
    lost = []
    issue.placements.exclude(slot__in=[values["slot"] for values in former]).delete()
    for values in former:
        placement = issue.placements.filter(slot=values["slot"]).first() or Placement(issue=issue)
        if sponsor := _find(Sponsor, values["sponsor"]):
            placement.sponsor = sponsor
            _restore_fields(placement, values, ["slot", "message", "url", "state"])
        else:
            lost.append(f"The sponsor “{values['sponsor']['name']}” is gone, and its message was not restored.")
    return lost


def _restore_article(article: Article, former: dict[str, Any]) -> list[str]:
    """Give the article its former text, credits and tags. Return a sentence for each credit that no longer exists."""
    publication, authors = former["publication"], [(author, _find(Author, author)) for author in former["authors"]]
    article.publication = publication and _find(Publication, publication)
    _restore_fields(article, former, ["title", "url", "blurb", "byline", "disclosure"])
    article.credit([found for _, found in authors if found])
    article.tags.set(FormerTag.objects.current_names(former["tags"]))
    gone = [f"publication “{publication['name']}”"] if publication and not article.publication else []
    gone += [f"author “{author['name']}”" for author, found in authors if not found]
    return [f"The {credit} of {quote(article)} is gone, and was not restored." for credit in gone]


def _restore_articles(issue: Issue, former: list[dict[str, Any]]) -> list[str]:
    """Restore the issue's articles and their order, by the rules of restore(), and return its sentences on them."""
    lost = []
    present = Article.objects.in_bulk([values["id"] for values in former])
    later = issue.articles.exclude(pk__in=present).order_by("section", "position")
    placed: dict[str, list[Article]] = {section: [] for section in Article.Section.values}
    for values in former:
        article = present.get(values["id"]) or Article()
        if article.issue_id not in (None, issue.pk):
            lost.append(f"{quote(article)} stays as it is: it is in {article.issue} now.")
        else:
            lost += _restore_article(article, values)
            placed[values["section"]].append(article)
    for article in later:
        if issue.is_published:
            placed[article.section].append(article)
            lost.append(f"{quote(article)} stays: {issue} is published.")
        else:
            article.return_to_backlog()
    for section, articles in placed.items():
        for position, article in enumerate(articles, 1):
            article.issue, article.section, article.position = issue, section, position
            article.save(update_fields=["issue", "section", "position"])
    return lost


def _find(model: Any, former: dict[str, Any]) -> Any:
    """Return the row with the former key, or else with the former name: rows may have been merged. None if neither."""
    found = model.objects.filter(pk=former["id"]).first() or model.objects.filter(name__iexact=former["name"]).first()
    if found is None and issubclass(model, Credited):
        found = model.objects.filter(aliases__contains=[former["name"]]).first()
    return found
