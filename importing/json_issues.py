"""Read issues from JSON of our own: docs/importing-issues.md describes it, docs/issues.schema.json is its schema."""

from typing import Any

from importing.given import Entry, GivenIssue, Note, SponsorMessage, Wrong
from importing.texts import as_markdown
from importing.values import Fields
from issues.models.articles import Article

# Characters: the limits of the fields here.
TITLE, ENTRY_TITLE, NAME, TAG, GUID, PRINTED = 200, 500, 200, 100, 200, 500


def read_issue(value: Any, file: str, place: str) -> GivenIssue | list[Wrong]:
    """Return the issue, or everything that is wrong with it."""
    errors: list[Wrong] = []
    fields = Fields(value, place, errors)
    fields.value("$schema")  # Names the schema, for editors of text.
    issue = GivenIssue(
        file=file,
        place=place,
        number=fields.number("number"),
        title=fields.line("title", TITLE),
        time=fields.time("time"),
        url=fields.address("url"),
        guid=fields.line("guid", GUID),
        intro=fields.markdown("intro"),
    )
    parts = [fields]
    for sponsor in fields.object_or_objects("sponsor"):
        parts.append(sponsor)
        issue.sponsors.append(
            SponsorMessage(
                sponsor.line("name", NAME, is_required=True), sponsor.markdown("text"), sponsor.address("url")
            )
        )
    for section in fields.objects("sections", is_required=True):
        parts.append(section)
        title = section.line("title", NAME)
        entries = list(section.objects("entries", is_required=True))
        parts += entries
        issue.entries += [_read_entry(entry, section_of(title)) for entry in entries]
        note_section(issue, title, len(entries))
    unknown = [Wrong(name, why) for part in parts for name, why in part.unknown()]
    if errors:
        return [*errors, *unknown]
    issue.notes += [Note("unknown field", f"{one.place}: {one.sentence}") for one in unknown]
    convert(issue)
    return issue


def _read_entry(fields: Fields, section: str) -> Entry:
    return Entry(
        section=section,
        title=fields.line("title", ENTRY_TITLE, is_required=True),
        url=fields.address("url", is_required=True),
        text=fields.markdown("text"),
        authors=fields.texts("authors", NAME),
        publication=fields.line("publication", NAME),
        byline=fields.line("byline", PRINTED),
        disclosure=fields.line("disclosure", PRINTED),
        tags=fields.texts("tags", TAG),
    )


def section_of(title: str) -> str:
    """Return the section that a title means: “Outages”, or “Articles” for any other."""
    is_outages = title.rstrip(":").casefold() in ("outages", "outage")
    return Article.Section.OUTAGES.value if is_outages else Article.Section.ARTICLES.value


def note_section(issue: GivenIssue, title: str, count: int) -> None:
    """Note a heading that is not printed, because this site has two sections only."""
    if title and title.rstrip(":").casefold() not in ("outages", "outage", "articles", "article"):
        issue.notes.append(
            Note("section", f"“{title}” is not printed: its {count} entries stand among the articles, in their order")
        )


def convert(issue: GivenIssue) -> None:
    """Turn HTML in the texts into Markdown, and note what Markdown cannot express."""
    issue.intro = _converted(issue, issue.intro)
    for row in issue.rows:
        row.text = _converted(issue, row.text)


def _converted(issue: GivenIssue, text: str) -> str:
    markdown, lost = as_markdown(text)
    issue.notes += [Note("formatting", words) for words in lost]
    return markdown
