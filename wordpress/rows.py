"""One post into its rows: issue, placement, articles, credits; or a page. Called in a transaction."""

import hashlib
import re
from collections.abc import Container
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from fetching.addresses import canonicalize
from issues.changes import changing, changing_page
from issues.models.addresses import Address, validate_slug
from issues.models.articles import Article
from issues.models.credits import Authorship
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.printing.html import render_html
from issues.printing.version import digest
from sponsors.models import Placement
from text.markdown import MAX_MARKDOWN_LENGTH, render_markdown
from wordpress.comparison import compare, read_visible
from wordpress.contents import Contents, Entry, SponsorMessage
from wordpress.export import Post
from wordpress.extract import extract_issue, extract_page
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.posts import MAILED_KEY, digest_of, is_draft, is_draft_page, number_of, path_of, publication_time
from wordpress.report import Report

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


class RefusedError(Exception):
    """A post that cannot be loaded as it is, as a sentence."""


def digest_of_loaded(row: Issue | Page) -> str:
    """SHA-256, in hexadecimal, of what stands here of a post, to see whether it was edited. Issues with_contents()."""
    if isinstance(row, Issue):
        printed = [digest(row), row.status, row.publish_at and row.publish_at.timestamp()]
    else:
        printed = [row.title, row.slug, row.body, *([] if row.is_published else ["draft"])]
    return hashlib.sha256(repr(printed).encode()).hexdigest()


def load_issue(post: Post, kept: WordPressPost | None, names: Names, report: Report) -> None:
    """Add the issue, or make `kept`'s what the post says now."""
    contents = extract_issue(post.html, post.base_url, post.link)
    before = kept.issue if kept else None
    with changing([before] if before else [], cause="imported from WordPress") as door:
        issue = _fill_issue(post, kept, report)
        issue.intro = contents.intro
        issue.save()
        if not before:
            door.add(issue)
        _keep_former_slugs(issue, post, report)
        _place(issue, contents.sponsor, names, post, report)
        _place_articles(issue, contents.entries, names)
        with connection.cursor() as cursor:
            # So that a refusal is this post's.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        door.load(issue)
    # Readers know the issue from WordPress: it did not change today, and hubs need not be notified.
    issue.updated_at = post.modified_gmt or issue.publish_at or timezone.now()
    issue.announced_at = issue.announced_at or (issue.publish_at if issue.is_published else None)
    issue.save(update_fields=["updated_at", "announced_at"])
    _report(post, contents, report)
    _compare(post, contents, render_html(issue), report)
    _keep(post, kept, issue)


def load_page(post: Post, kept: WordPressPost | None, report: Report, taken: Container[str] = ()) -> None:
    """Add the page, or make `kept`'s what the post says now. Addresses that are `taken` are for other posts."""
    page = kept.page if kept and kept.page else Page()
    contents = extract_page(post.html, post.base_url, post.link)
    page.title = post.title[:200] or f"Post {post.post_id}"
    page.slug = _page_slug(post, page, report, taken)
    page.body = contents.intro
    page.is_published = not is_draft_page(post)
    if not page.is_published:
        _note_draft_page(post, report)
    with changing_page(page, cause="imported from WordPress"):
        page.save()
    Page.objects.filter(pk=page.pk).update(updated_at=post.modified_gmt or publication_time(post) or timezone.now())
    _report(post, contents, report)
    _compare(post, contents, render_markdown(page.body), report)
    _keep(post, kept, page)


def _fill_issue(post: Post, kept: WordPressPost | None, report: Report) -> Issue:
    number = number_of(post)
    issue = kept.issue if kept and kept.issue else Issue()
    issue.guid = issue.guid or post.guid or None  # The database lets nobody change one.
    other = Issue.objects.filter(number=number).exclude(pk=issue.pk).first()
    if other:
        raise RefusedError(f"there is an issue with #{number} already, which does not come from this post.")
    slug = path_of(post) or settings.ISSUE_SLUG.format(number=number)
    if not _SLUG.fullmatch(slug):
        raise RefusedError(f"“{slug}” cannot be an issue's address here.")
    if slug != issue.slug:
        validate_slug(slug, issue)
    issue.number, issue.slug, issue.title = number, slug, post.title
    issue.publish_at = publication_time(post)
    issue.status = Issue.Status.DRAFT if is_draft(post) else Issue.Status.APPROVED
    if post.password:
        report.note(post, "draft", "it has a password, and so is a draft here")
    elif issue.publish_at is None and post.status == "publish":
        report.note(post, "draft", "it has no date, and so is a draft here")
    if issue.guid is None and not is_draft(post):
        issue.guid = f"{post.base_url}/?p={post.post_id}"
        report.note(post, "guid", f"the export has none; as WordPress makes them it is {issue.guid}")
    return issue


def _keep_former_slugs(issue: Issue, post: Post, report: Report) -> None:
    for slug in post.former_slugs:
        try:
            validate_slug(slug, issue)
        except ValidationError as error:
            report.note(post, "former address", f"“{slug}” does not lead here: {' '.join(error.messages)}")
            continue
        if slug != issue.slug and _SLUG.fullmatch(slug):
            Address.objects.add_former(issue, slug)


def _place(issue: Issue, message: SponsorMessage | None, names: Names, post: Post, report: Report) -> None:
    slot = Placement.Slot.MAIN
    if message is None:
        Placement.objects.filter(issue=issue, slot=slot).delete()
        return
    name = message.name
    if not name:
        name = names.sponsor_at(message.url)
        report.note(post, "sponsor", f"the message does not name the sponsor; “{name}” is from its link")
    placement = Placement.objects.filter(issue=issue, slot=slot).first() or Placement(issue=issue, slot=slot)
    placement.sponsor = names.sponsor(name)
    placement.message, placement.url = message.message, message.url
    placement.state = Placement.State.APPROVED
    placement.save()


def _place_articles(issue: Issue, entries: list[Entry], names: Names) -> None:
    """Rows that there are keep their keys, which are in links to them."""
    before = list(issue.articles.order_by("section", "position"))
    articles: list[Article] = []
    authors: list[tuple[str, ...]] = []
    for entry in entries:
        article = _find(entry, before) or Article(issue=issue)
        if article.pk:
            before.remove(article)
        byline = names.read(entry.credit_lines, entry.url)
        article.section = entry.section
        article.position = 1 + sum(other.section == entry.section for other in articles)
        article.title, article.url, article.blurb = entry.title, entry.url, entry.blurb
        article.byline, article.disclosure = byline.text, entry.disclosure
        article.publication = names.publication(byline.publication) if byline.publication else None
        article.canonical_url = canonicalize(article.url)  # As save() does, which the new ones do not see.
        articles.append(article)
        authors.append(byline.authors)
    for article in before:
        article.delete()
    for article in articles:
        if article.pk:
            article.save()
    Article.objects.bulk_create([article for article in articles if not article.pk])
    Authorship.objects.filter(article__in=articles).delete()
    Authorship.objects.bulk_create(
        Authorship(article=article, author=author, position=position)
        for article, credited in zip(articles, authors, strict=True)
        for position, author in enumerate(dict.fromkeys(map(names.author, credited)), 1)
    )


def _find(entry: Entry, articles: list[Article]) -> Article | None:
    same = [article for article in articles if article.section == entry.section]
    return next((a for a in same if a.url == entry.url and a.title == entry.title), None) or next(
        (a for a in same if (a.url == entry.url and entry.url) or (a.title == entry.title and entry.title)), None
    )


def _note_draft_page(post: Post, report: Report) -> None:
    report.counts["pages that are drafts"] += 1
    if post.password:
        report.note(post, "draft", "it has a password, and so is a draft here")
    elif post.status == "future":
        report.note(post, "draft", "it is scheduled, and so is a draft here: pages have no times")


def _page_slug(post: Post, page: Page, report: Report, taken: Container[str]) -> str:
    slug = path_of(post)
    try:
        if not _SLUG.fullmatch(slug):
            raise ValidationError("it holds other letters than a to z")
        if slug in taken:
            raise ValidationError("a published post has it")
        validate_slug(slug, page)
    except ValidationError as error:
        why = " ".join(error.messages).rstrip(".")
        was = f"/{slug}/ cannot be kept ({why})" if slug else "the export gives none"
        report.note(post, "address", f"{was}; it is /post-{post.post_id}/")
        return f"post-{post.post_id}"
    path = urlsplit(post.link).path.strip("/")
    if path and path != slug:
        report.note(post, "address", f"was /{path}/ and is /{slug}/")
    return slug


def _report(post: Post, contents: Contents, report: Report) -> None:
    report.counts["mail-only lines left out"] += contents.mail_only
    report.counts["“Articles” headings left out"] += contents.headings
    report.counts["articles"] += sum(entry.section == "articles" for entry in contents.entries)
    report.counts["outages"] += sum(entry.section == "outages" for entry in contents.entries)
    for kind, text in contents.notes:
        report.note(post, kind, text)
    texts = [contents.intro, *(entry.blurb for entry in contents.entries)]
    if any(len(text) > MAX_MARKDOWN_LENGTH for text in texts):
        report.note(post, "length", f"a text is longer than the {MAX_MARKDOWN_LENGTH:,} characters that the desk takes")


def _compare(post: Post, contents: Contents, html: str, report: Report) -> None:
    """What the export shows against what the site now prints, but for what is added on purpose."""
    printed = BeautifulSoup(f"<body>{html}</body>", "lxml")
    added = printed.select(".sreweekly-host, .sreweekly-tags")
    if contents.sponsor and not contents.sponsor.name:
        added += printed.select(".sreweekly-sponsor-message > p:first-child")
    if not contents.has_outages_heading:
        added += printed.select("h2:has(+ .sreweekly-outages)")
    for link in printed.select("small a"):
        link.unwrap()  # To authors and publications.
    for difference in compare(contents.visible, read_visible(printed, leave_out=added)):
        report.note(post, difference.kind, difference.text)


def _keep(post: Post, kept: WordPressPost | None, row: Issue | Page) -> None:
    kept = kept or WordPressPost(post_id=post.post_id)
    kept.issue, kept.page = (row, None) if isinstance(row, Issue) else (None, row)
    kept.permalink, kept.guid, kept.html = post.link, post.guid, post.html
    kept.modified_at = post.modified_gmt
    kept.mailed_as = post.meta.get(MAILED_KEY, "")[:200]
    kept.export_digest = digest_of(post)
    kept.loaded_digest = digest_of_loaded(row)
    kept.save()
    # A draft may have the permalink of a page that is published, and is loaded later.
    is_hidden = isinstance(row, Page) and not row.is_published
    Address.objects.add_wordpress(row, post.post_id, "" if is_hidden else post.link)
