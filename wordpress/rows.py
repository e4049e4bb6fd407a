"""Write one post to its rows: an issue with placement, articles and credits, or a page. Runs in a transaction."""

import hashlib
import re
from collections.abc import Container
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from issues.changes import changing, changing_page
from issues.models.addresses import Address, normalize_path, path_of_post, validate_slug
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.printing.html import render_html
from issues.printing.version import digest
from text.markdown import MAX_MARKDOWN_LENGTH, find_pictures, render_markdown
from text.pictures import says_something
from wordpress.comparison import compare, read_visible
from wordpress.contents import Contents
from wordpress.display import is_inside, of_class
from wordpress.edits import CAUSE
from wordpress.extract import extract_issue, extract_page
from wordpress.models import WordPressPost
from wordpress.names import Names
from wordpress.parts import Parts
from wordpress.pictures import Pictures
from wordpress.posts import Post
from wordpress.report import Report

# Characters: the limit of Page's field.
PAGE_TITLE_LIMIT = 200
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


class RefusedError(Exception):
    """A post cannot be loaded. The message is a sentence."""


class NumberTakenError(RefusedError):
    """Another issue has the number of a post that was not loaded before."""


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
    if kept and (page := kept.page):
        kept.page = None
        _drop_page(page, post, kept.permalink)
    with changing([before] if before else [], cause=CAUSE) as change:
        issue = _fill_issue(post, kept, report)
        issue.intro = contents.intro
        issue.save()
        if not before:
            change.add(issue)
        _keep_former_slugs(issue, post, report)
        parts = Parts(issue, post, _loaded_before(post, kept), names, report)
        parts.set_placement(contents.sponsor)
        parts.set_articles(contents.articles)
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
    Address.objects.add_wordpress([(issue, post.post_id, post.link)])


def _loaded_before(post: Post, kept: WordPressPost | None) -> Contents:
    """Return what the post said when it was loaded before, without Markdown. Empty if its issue is new."""
    if kept is None or kept.issue is None:
        return Contents()
    before = extract_issue(kept.html, post.base_url, kept.permalink, is_sketch=True)
    # A post that is loaded again as it is may have credits that are read better now.
    return before if kept.html != post.html else Contents(sponsor=before.sponsor)


def load_page(
    post: Post, kept: WordPressPost | None, report: Report, pictures: Pictures, taken: Container[str] = ()
) -> None:
    """Add the page, or update the page of `kept` to what the post says now. `taken` addresses belong to other posts."""
    page = kept.page if kept and kept.page else Page()
    page.slug = _page_slug(post, page, report, taken)
    page.is_published = not post.is_draft
    if not page.is_published:
        _note_draft_page(post, report)
    if post.has_entries and post.post_type == "post":
        sentence = "it has articles as an issue has, but no number in its title, so it is a page here"
        report.add_notice(post, "not an issue", sentence)
    _save_page(post, kept, page, report, pictures)
    # A draft may have the permalink of a published page that is loaded later.
    Address.objects.add_wordpress([(page, post.post_id, post.link if page.is_published else "")])


def load_twin(post: Post, kept: WordPressPost | None, report: Report, pictures: Pictures) -> None:
    """Keep a post as a draft page because another issue has its number. See answer_for_twin()."""
    page = kept.page if kept and kept.page else Page()
    page.slug = f"post-{post.post_id}"
    page.is_published = False
    report.counts["pages that are drafts"] += 1
    _save_page(post, kept, page, report, pictures)


def answer_for_twin(post_id: int, paths: list[str], number: int) -> None:
    """Let the addresses of a twin that readers could see lead to the issue with its number."""
    if issue := Issue.objects.filter(number=number).first():
        Address.objects.add_wordpress([(issue, post_id, path) for path in paths])


def _save_page(post: Post, kept: WordPressPost | None, page: Page, report: Report, pictures: Pictures) -> None:
    contents = extract_page(post.html, post.base_url, post.link, pictures)
    page.title = post.title[:PAGE_TITLE_LIMIT] or f"Post {post.post_id}"
    if len(post.title) > PAGE_TITLE_LIMIT:
        report.add_notice(post, "length", f"its title was cut after {PAGE_TITLE_LIMIT} characters: {page.title}")
    page.body = contents.intro
    with changing_page(page, cause=CAUSE):
        page.save()
    Page.objects.filter(pk=page.pk).update(updated_at=post.modified_gmt or post.publication_time or timezone.now())
    _report(post, contents, report)
    _compare(post, contents, render_markdown(page.body), report)
    _keep(post, kept, page)


def _drop_page(page: Page, post: Post, permalink: str) -> None:
    """Delete the page that was made from the post, and the addresses that answer_for_twin() gave to an issue."""
    if page.slug == f"post-{post.post_id}":
        paths = [path_of_post(post.post_id), unquote(urlsplit(permalink).path), post.path]
        given = Address.objects.filter(path__in=map(normalize_path, paths), is_current=False, issue__isnull=False)
        given.delete()
    page.delete()


def _fill_issue(post: Post, kept: WordPressPost | None, report: Report) -> Issue:
    number = post.number
    issue = kept.issue if kept and kept.issue else Issue()
    was_published = issue.is_published
    issue.guid = issue.guid or post.guid or None  # A trigger refuses any change of it.
    other = Issue.objects.filter(number=number).exclude(pk=issue.pk).first()
    if other:
        error = RefusedError if issue.pk else NumberTakenError
        raise error(f"there is already an issue with #{number}, and it was not made from this post.")
    slug = post.path or settings.ISSUE_SLUG.format(number=number)
    if not _SLUG.fullmatch(slug):
        raise RefusedError(f"“{slug}” cannot be an issue's address here.")
    if slug != issue.slug:
        validate_slug(slug, issue)
    issue.number, issue.slug, issue.title = number, slug, post.issue_title
    if post.title != post.issue_title:
        report.add_notice(post, "title", f"programs look for “#{number}”, so it is “{post.issue_title}” here")
    if post.number_in_address not in (0, number):
        report.add_notice(post, "number", f"the number in its address is another: /{post.path}/")
    issue.publish_at = post.publication_time
    issue.status = Issue.Status.DRAFT if post.is_draft else Issue.Status.APPROVED
    if was_published and post.is_draft:
        report.add_notice(
            post, "draft", "it was published here, and is a draft in WordPress now, so it is a draft here"
        )
    elif post.password:
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
    for name in (
        name for text in texts for name, alternative in find_pictures(text) if not says_something(alternative)
    ):
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
