"""Write one post to its rows: an issue with placement, articles and credits, or a page. Runs in a transaction."""

import hashlib
import re
from collections.abc import Container
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from fetching.identity import canonicalize
from issues.changes import changing, changing_page
from issues.models.addresses import Address, validate_slug
from issues.models.articles import Article
from issues.models.credits import Authorship
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.printing.html import render_html
from issues.printing.version import digest
from sponsors.models import Placement
from text.markdown import MAX_MARKDOWN_LENGTH, find_pictures, render_markdown
from wordpress.comparison import compare, read_visible
from wordpress.contents import Contents, ExportedArticle, SponsorMessage
from wordpress.display import is_inside, of_class
from wordpress.extract import extract_issue, extract_page
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.pictures import Pictures
from wordpress.posts import Post
from wordpress.report import Report

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


class RefusedError(Exception):
    """A post cannot be loaded. The message is a sentence."""


def digest_of_loaded(row: Issue | Page) -> str:
    """Return a SHA-256 in hexadecimal that changes when the row is edited. Load an issue by with_contents()."""
    if isinstance(row, Issue):
        printed = [digest(row), str(row.status), row.publish_at and row.publish_at.timestamp()]
    else:
        printed = [row.title, row.slug, row.body, *([] if row.is_published else ["draft"])]
    return hashlib.sha256(repr(printed).encode()).hexdigest()


def load_issue(post: Post, kept: WordPressPost | None, names: Names, report: Report, pictures: Pictures) -> None:
    """Add the issue, or update the issue of `kept` to what the post says now."""
    contents = extract_issue(post.html, post.base_url, post.link, pictures)
    before = kept.issue if kept else None
    with changing([before] if before else [], cause="imported from WordPress") as change:
        issue = _fill_issue(post, kept, report)
        issue.intro = contents.intro
        issue.save()
        if not before:
            change.add(issue)
        _keep_former_slugs(issue, post, report)
        _set_placement(issue, contents.sponsor, names, post, report)
        _set_articles(issue, contents.articles, names)
        with connection.cursor() as cursor:
            # Check now, so that an error belongs to this post.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        change.load(issue)
    # Readers know the issue from WordPress: it did not change today, and hubs need not be notified.
    issue.updated_at = post.modified_gmt or issue.publish_at or timezone.now()
    issue.announced_at = issue.announced_at or (issue.publish_at if issue.is_published else None)
    issue.save(update_fields=["updated_at", "announced_at"])
    _report(post, contents, report)
    _compare(post, contents, render_html(issue), report)
    _keep(post, kept, issue)


def load_page(
    post: Post, kept: WordPressPost | None, report: Report, pictures: Pictures, taken: Container[str] = ()
) -> None:
    """Add the page, or update the page of `kept` to what the post says now. `taken` addresses belong to other posts."""
    page = kept.page if kept and kept.page else Page()
    contents = extract_page(post.html, post.base_url, post.link, pictures)
    page.title = post.title[:200] or f"Post {post.post_id}"
    page.slug = _page_slug(post, page, report, taken)
    page.body = contents.intro
    page.is_published = not post.is_draft
    if not page.is_published:
        _note_draft_page(post, report)
    with changing_page(page, cause="imported from WordPress"):
        page.save()
    Page.objects.filter(pk=page.pk).update(updated_at=post.modified_gmt or post.publication_time or timezone.now())
    _report(post, contents, report)
    _compare(post, contents, render_markdown(page.body), report)
    _keep(post, kept, page)


def _fill_issue(post: Post, kept: WordPressPost | None, report: Report) -> Issue:
    number = post.number
    issue = kept.issue if kept and kept.issue else Issue()
    issue.guid = issue.guid or post.guid or None  # A trigger refuses any change of it.
    other = Issue.objects.filter(number=number).exclude(pk=issue.pk).first()
    if other:
        raise RefusedError(f"there is already an issue with #{number}, and it was not made from this post.")
    slug = post.path or settings.ISSUE_SLUG.format(number=number)
    if not _SLUG.fullmatch(slug):
        raise RefusedError(f"“{slug}” cannot be an issue's address here.")
    if slug != issue.slug:
        validate_slug(slug, issue)
    issue.number, issue.slug, issue.title = number, slug, post.title
    issue.publish_at = post.publication_time
    issue.status = Issue.Status.DRAFT if post.is_draft else Issue.Status.APPROVED
    if post.password:
        report.add_notice(post, "draft", "it has a password, so it is a draft here")
    elif issue.publish_at is None and post.status == "publish":
        report.add_notice(post, "draft", "it has no date, so it is a draft here")
    if issue.guid is None and not post.is_draft:
        issue.guid = f"{post.base_url}/?p={post.post_id}"
        report.add_notice(post, "guid", f"the export gives none; WordPress would have made {issue.guid}")
    return issue


def _keep_former_slugs(issue: Issue, post: Post, report: Report) -> None:
    for slug in post.former_slugs:
        try:
            validate_slug(slug, issue)
        except ValidationError as error:
            report.add_notice(post, "former address", f"“{slug}” does not lead here: {' '.join(error.messages)}")
            continue
        if slug != issue.slug and _SLUG.fullmatch(slug):
            Address.objects.add_former(issue, slug)


def _set_placement(issue: Issue, message: SponsorMessage | None, names: Names, post: Post, report: Report) -> None:
    slot = Placement.Slot.MAIN
    if message is None:
        Placement.objects.filter(issue=issue, slot=slot).delete()
        return
    name = message.name
    if not name:
        name = names.sponsor_at(message.url)
        report.add_notice(post, "sponsor", f"the message does not name the sponsor; “{name}” is from its link")
    placement = Placement.objects.filter(issue=issue, slot=slot).first() or Placement(issue=issue, slot=slot)
    placement.sponsor = names.sponsor(name)
    placement.message, placement.url = message.message, message.url
    placement.state = Placement.State.APPROVED
    _save_if_changed(placement)


def _save_if_changed(row: Article | Placement) -> None:
    """Leave a row alone that says the same: every save counts up its version."""
    saved = type(row)._default_manager.filter(pk=row.pk).values().first()
    if saved is None or any(getattr(row, name) != value for name, value in saved.items()):
        row.save()


def _set_articles(issue: Issue, exported: list[ExportedArticle], names: Names) -> None:
    """Update existing articles in place, because readers have links with their ids."""
    before = list(issue.articles.order_by("section", "position"))
    articles: list[Article] = []
    authors: list[tuple[str, ...]] = []
    for given in exported:
        article = _find(given, before) or Article(issue=issue)
        if article.pk:
            before.remove(article)
        byline = names.read(given.credit_lines, given.url)
        article.section = given.section
        article.position = 1 + sum(other.section == given.section for other in articles)
        article.title, article.url, article.blurb = given.title, given.url, given.blurb
        article.byline, article.disclosure = byline.text, given.disclosure
        article.publication = names.publication(byline.publication) if byline.publication else None
        article.canonical_url = canonicalize(article.url)  # New articles are not saved by save(), which sets it.
        articles.append(article)
        authors.append(byline.authors)
    for article in before:
        article.delete()
    for article in articles:
        if article.pk:
            _save_if_changed(article)
    Article.objects.bulk_create([article for article in articles if not article.pk])
    Authorship.objects.filter(article__in=articles).delete()
    Authorship.objects.bulk_create(
        Authorship(article=article, author=author, position=position)
        for article, credited in zip(articles, authors, strict=True)
        for position, author in enumerate(dict.fromkeys(map(names.author, credited)), 1)
    )


def _find(given: ExportedArticle, articles: list[Article]) -> Article | None:
    """Return the article with the same address and title, or the first with the same address or title, or None."""
    same = [article for article in articles if article.section == given.section]
    return next((a for a in same if a.url == given.url and a.title == given.title), None) or next(
        (a for a in same if (a.url == given.url and given.url) or (a.title == given.title and given.title)), None
    )


def _note_draft_page(post: Post, report: Report) -> None:
    report.counts["pages that are drafts"] += 1
    if post.password:
        report.add_notice(post, "draft", "it has a password, so it is a draft here")
    elif post.status == "future":
        report.add_notice(post, "draft", "it is scheduled, so it is a draft here: pages have no times")


def _page_slug(post: Post, page: Page, report: Report, taken: Container[str]) -> str:
    slug = post.path
    try:
        if not _SLUG.fullmatch(slug):
            raise ValidationError("it has characters other than a to z, digits, - and _")
        if slug in taken:
            raise ValidationError("a published post uses it")
        validate_slug(slug, page)
    except ValidationError as error:
        why = " ".join(error.messages).rstrip(".")
        was = f"/{slug}/ cannot be kept ({why})" if slug else "the export gives none"
        report.add_notice(post, "address", f"{was}; it is /post-{post.post_id}/")
        return f"post-{post.post_id}"
    path = urlsplit(post.link).path.strip("/")
    if path and path != slug:
        report.add_notice(post, "address", f"was /{path}/ and is /{slug}/")
    return slug


def _report(post: Post, contents: Contents, report: Report) -> None:
    report.counts["mail-only lines left out"] += contents.mail_only
    report.counts["“Articles” headings left out"] += contents.headings
    report.counts["articles"] += sum(article.section == "articles" for article in contents.articles)
    report.counts["outages"] += sum(article.section == "outages" for article in contents.articles)
    for kind, text in contents.notes:
        report.add_notice(post, kind, text)
    texts = [contents.intro, *(article.blurb for article in contents.articles)]
    for name in (name for text in texts for name, alternative in find_pictures(text) if not alternative):
        report.add_notice(post, "alternative text", f"the picture {name} has none: write what it shows")
    if any(len(text) > MAX_MARKDOWN_LENGTH for text in texts):
        report.add_notice(
            post, "length", f"a text is longer than the {MAX_MARKDOWN_LENGTH:,} characters that the desk takes"
        )


def _compare(post: Post, contents: Contents, html: str, report: Report) -> None:
    """Report differences between the export and what the site prints, except what it adds on purpose."""
    printed = BeautifulSoup(f"<body>{html}</body>", "lxml")
    added = of_class(printed, "sreweekly-host", "sreweekly-tags")
    if contents.sponsor and not contents.sponsor.name:
        added += printed.select(".sreweekly-sponsor-message > p:first-child")
    if not contents.has_outages_heading:
        added += printed.select("h2:has(+ .sreweekly-outages)")
    for link in printed.find_all("a"):
        if is_inside(link, {"small"}):
            link.unwrap()  # To authors and publications.
    for kind, text in compare(contents.visible, read_visible(printed, leave_out=added)):
        report.add_notice(post, kind, text)


def _keep(post: Post, kept: WordPressPost | None, row: Issue | Page) -> None:
    kept = kept or WordPressPost(post_id=post.post_id)
    kept.issue, kept.page = (row, None) if isinstance(row, Issue) else (None, row)
    kept.permalink, kept.guid, kept.html = post.link, post.guid, post.html
    kept.modified_at = post.modified_gmt
    kept.mailed_as = post.mailed_as[:200]
    kept.export_digest = post.digest
    kept.loaded_digest = digest_of_loaded(row)
    kept.save()
    # A draft may have the permalink of a published page that is loaded later.
    is_hidden = isinstance(row, Page) and not row.is_published
    Address.objects.add_wordpress([(row, post.post_id, "" if is_hidden else post.link)])
