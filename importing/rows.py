"""Write one issue of a file to its rows: the issue, placements, articles and credits. Runs in a transaction."""

import re
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.html import escape

from fetching.identity import canonicalize
from importing.given import Entry, GivenIssue, SponsorMessage
from importing.json_issues import TITLE
from importing.models import ImportedIssue
from issues.changes import changing
from issues.models.addresses import Address, path_of_post, validate_slug
from issues.models.articles import Article
from issues.models.credits import Authorship
from issues.models.issues import Issue
from issues.models.tags import FormerTag
from issues.preflight import Level, preflight
from issues.printing.html import render_html
from sponsors.models import Placement
from text.markdown import MAX_MARKDOWN_LENGTH, links_to, render_markdown
from wordpress.bylines import Byline
from wordpress.comparison import VisibleText, compare, read_visible
from wordpress.contents import ExportedArticle
from wordpress.display import is_inside, of_class
from wordpress.edits import find_same
from wordpress.names import Names
from wordpress.parts import save_if_changed
from wordpress.report import UNNAMED, Notice, Report
from wordpress.rows import RefusedError, digest_of_loaded

# The cause of the revisions that an import makes.
CAUSE = "imported from a file"

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


def load_issue(given: GivenIssue, kept: ImportedIssue | None, names: Names, report: Report) -> None:
    """Add the issue, or update the issue of `kept` to what the file says now."""
    before = kept.issue if kept else None
    credits = [_credits(entry, names) for entry in given.entries]
    with changing([before] if before else [], cause=CAUSE) as change:
        issue = _fill_issue(given, before or Issue(), report)
        issue.save()
        if not before:
            change.add(issue)
        if given.time:
            issue.approve(given.time)
        _keep_former_addresses(issue, given, report)
        _set_placements(issue, given, names, report)
        _set_articles(issue, given.entries, credits, names)
        with connection.cursor() as cursor:
            # Check now, so that an error belongs to this issue.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        _keep_back(change.load(issue), given, report)
    # Readers know the issue: it did not change today, and hubs need not be notified.
    issue.updated_at = issue.publish_at or timezone.now()
    issue.announced_at = issue.announced_at or (issue.publish_at if issue.is_published else None)
    issue.save(update_fields=["updated_at", "announced_at"])
    for sentence in change.sentences:
        note(report, given, "draft", sentence)
    _report(given, credits, report)
    _compare(given, credits, issue, report)
    kept = kept or ImportedIssue(number=given.number)
    kept.issue, kept.given_digest, kept.loaded_digest = issue, given.digest, digest_of_loaded(issue)
    kept.save()


def _keep_back(issue: Issue, given: GivenIssue, report: Report) -> None:
    """Make a scheduled issue a draft if preflight stops it. Otherwise the clock alone would publish it."""
    if issue.state == "scheduled" and any(finding.level == Level.STOP for finding in preflight(issue)):
        issue.withdraw()
        note(report, given, "draft", "its time is in the future and preflight stops it, so it is a draft here")


def note(report: Report, given: GivenIssue, kind: str, text: str) -> None:
    report.notices.append(Notice(post=str(given), post_id=given.number, kind=kind, text=text))


def _fill_issue(given: GivenIssue, issue: Issue, report: Report) -> Issue:
    if Issue.objects.filter(number=given.number).exclude(pk=issue.pk).exists():
        raise RefusedError(f"there is already an issue with #{given.number}, and it did not come from such a file.")
    if given.guid and Issue.objects.filter(guid=given.guid).exclude(pk=issue.pk).exists():
        raise RefusedError(f"there is already an issue with the guid “{given.guid}”.")
    issue.guid = issue.guid or given.guid or None  # A trigger refuses any change of it.
    issue.number, issue.title, issue.intro = given.number, _title(given, report), given.intro
    issue.slug = _slug(given, issue, report)
    issue.publish_at = given.time
    if given.time is None:
        issue.status = Issue.Status.DRAFT
        note(report, given, "draft", "it has no time, so it is a draft here")
    return issue


def _title(given: GivenIssue, report: Report) -> str:
    """Return the title with the number as “#N”, because programs look for it, and not longer than the field."""
    number = str(given.number)
    title = given.title or settings.ISSUE_TITLE.format(number=number)
    if not re.search(rf"#{number}(?!\d)", title):
        marked, count = re.subn(rf"(?<![\d.#]){number}(?![\d.])", f"#{number}", title, count=1)
        title = marked if count else f"{title} #{number}"
    if len(title) > TITLE:
        end = f"… #{number}"
        title = title[: TITLE - len(end)] + end
    if given.title and title != given.title:
        note(
            report,
            given,
            "title",
            f"it is “{title}” here: it has the number as “#{number}” and {TITLE} characters at most",
        )
    return title


def _slug(given: GivenIssue, issue: Issue, report: Report) -> str:
    """Return the address that the issue had, if it can have it here, too."""
    path = urlsplit(given.url).path.strip("/")
    slug = settings.ISSUE_SLUG.format(number=given.number)
    if path != slug and _SLUG.fullmatch(path):
        try:
            validate_slug(path, issue)
        except ValidationError as error:
            note(report, given, "address", f"/{path}/ cannot be kept ({' '.join(error.messages).rstrip('.')})")
        else:
            return path
    validate_slug(slug, issue)
    return slug


def _keep_former_addresses(issue: Issue, given: GivenIssue, report: Report) -> None:
    """Let the address that the issue had lead to it, and ?p=N if its guid is WordPress's."""
    former = [unquote(urlsplit(given.url).path).strip("/")]
    former += [path_of_post(int(match[1])) for match in [re.search(r"/\?p=(\d{1,18})$", given.guid)] if match]
    for path in former:
        taken = Address.objects.at(path) if path else None
        if taken and taken.row != issue:
            note(report, given, "former address", f"“{path}” does not lead here: “{taken.row}” has or had it")
        elif path and not taken:
            Address.objects.add_former(issue, path)


def _set_placements(issue: Issue, given: GivenIssue, names: Names, report: Report) -> None:
    """Set one message for each slot. Further ones go to the notes, which are not printed."""
    slots = Placement.Slot.values
    Placement.objects.filter(issue=issue).exclude(slot__in=slots[: len(given.sponsors)]).delete()
    for slot, message in zip(slots, given.sponsors, strict=False):
        placement = Placement.objects.filter(issue=issue, slot=slot).first() or Placement(issue=issue, slot=slot)
        placement.sponsor = names.sponsor(_sponsor_name(given, message, names, report))
        placement.message, placement.url = message.text, message.url
        placement.state = Placement.State.APPROVED
        placement.save()
    for message in given.sponsors[len(slots) :]:
        text = "\n\n".join(filter(None, [message.name, message.text, message.url]))
        note(report, given, "sponsor", f"a second message is in the issue's notes, which are not printed: {text}")
        if text not in issue.notes:
            issue.notes = f"{issue.notes}\n\n{text}".strip()
            issue.save(update_fields=["notes"])


def _sponsor_name(given: GivenIssue, message: SponsorMessage, names: Names, report: Report) -> str:
    if message.name:
        return message.name
    name = names.sponsor_at(message.url)
    note(report, given, "sponsor", f"the message does not name the sponsor; “{name}” is from its link")
    return name


def _credits(entry: Entry, names: Names) -> Byline:
    if entry.credit_lines and not (entry.authors or entry.publication):
        return names.read(entry.credit_lines, entry.url)
    return Byline(tuple(entry.authors), entry.publication, entry.byline)


def _small_print(entry: Entry, byline: Byline) -> str:
    """Return what stands below the byline."""
    return " ".join(filter(None, (byline.note, entry.disclosure)))


def _set_articles(issue: Issue, entries: list[Entry], credits: list[Byline], names: Names) -> None:
    """Update existing articles in place, because readers have links with their ids."""
    before = list(issue.articles.order_by("section", "position")) if issue.pk else []
    positions: dict[str, int] = {}
    for entry, byline in zip(entries, credits, strict=True):
        article = find_same(ExportedArticle(entry.section, entry.title, entry.url), before) or Article(issue=issue)
        if article.pk:
            before.remove(article)
        positions[entry.section] = positions.get(entry.section, 0) + 1
        article.section, article.position = entry.section, positions[entry.section]
        article.title, article.url, article.blurb = entry.title, entry.url, entry.text
        article.byline, article.disclosure = byline.text, _small_print(entry, byline)
        article.publication = names.publication(byline.publication) if byline.publication else None
        article.canonical_url = canonicalize(article.url)
        _save(article)
        article.authorships.all().delete()
        authors = dict.fromkeys(map(names.author, byline.authors))
        Authorship.objects.bulk_create(
            Authorship(article=article, author=author, position=place) for place, author in enumerate(authors, 1)
        )
        if entry.tags:  # Tags that were added here stay.
            article.tags.add(*FormerTag.objects.current_names(entry.tags))
    for article in before:
        article.delete()


def _save(article: Article) -> None:
    if article.pk:
        save_if_changed(article)
    else:
        Article.objects.bulk_create([article])  # Not save(), which would keep the address as pasted here.


def _report(given: GivenIssue, credits: list[Byline], report: Report) -> None:
    for section in Article.Section.values:
        report.counts[section] += sum(entry.section == section for entry in given.entries)
    for kind, text in given.notes:
        note(report, given, kind, text)
    if any(len(text) > MAX_MARKDOWN_LENGTH for text in [given.intro, *(row.text for row in given.rows)]):
        why = f"a text is longer than the {MAX_MARKDOWN_LENGTH:,} characters that the desk takes"
        note(report, given, "length", why)
    for entry, byline in zip(given.entries, credits, strict=True):
        if entry.credit_lines and byline.text:
            note(report, given, UNNAMED, f"“{entry.title or entry.url}”: {byline.text}")


def _compare(given: GivenIssue, credits: list[Byline], issue: Issue, report: Report) -> None:
    """Report differences between the file and what the site prints, except what it adds on purpose."""
    printed = BeautifulSoup(f"<body>{render_html(issue)}</body>", "lxml")
    added = of_class(printed, "sreweekly-host", "sreweekly-tags")
    if not given.has_outages_heading:
        added += printed.select("h2:has(+ .sreweekly-outages)")
    # The sponsor's name from a link, and the line that this site prints before each message.
    added += (
        printed.select(".sreweekly-sponsor-message > p:first-child")
        if given.visible is None
        else [
            tag
            for tag, message in zip(printed.select(".sreweekly-sponsor-message"), given.sponsors, strict=False)
            if not message.name
            for tag in tag.select("p:first-child")[:1]
        ]
    )
    for link in printed.find_all("a"):
        if is_inside(link, {"small"}):
            link.unwrap()  # To authors and publications.
    for kind, text in compare(given.visible or _visible(given, credits), read_visible(printed, leave_out=added)):
        note(report, given, kind, text)


def _visible(given: GivenIssue, credits: list[Byline]) -> VisibleText:
    """Return what a page of these values shows, in the order of print."""
    parts: list[str] = [render_markdown(given.intro)]
    for message in given.sponsors[: len(Placement.Slot.values)]:
        parts.append(render_markdown(message.text))
        if message.url and not links_to(message.text, message.url):
            parts.append(_link(message.url, message.url))
    rows = sorted(zip(given.entries, credits, strict=True), key=lambda row: row[0].section)  # Articles come first.
    for entry, byline in rows:
        names = " — ".join(filter(None, [", ".join(byline.authors), byline.publication]))
        lines = [byline.text or names, _small_print(entry, byline)]
        parts += [
            _link(entry.url, entry.title),
            render_markdown(entry.text),
            *(f"<p>{escape(line)}</p>" for line in lines),
        ]
    return read_visible(BeautifulSoup(f"<body>{''.join(parts)}</body>", "lxml"))


def _link(address: str, words: str) -> str:
    words = escape(words)
    return f'<p><a href="{escape(address)}">{words}</a></p>' if address else f"<p>{words}</p>"
