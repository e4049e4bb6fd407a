"""How an issue is printed: one fragment for the page, the feed and the mail.

Issues given to these functions come from Issue.objects.with_contents(); then they make no query.
"""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from issues.models.issues import Issue
from text.markdown import plain_text, render_markdown

# Words a minute of silent reading, in English: Brysbaert 2019, 238 for non-fiction; less for names and addresses.
READING_SPEED = 230
# Characters. Search engines and feed readers cut descriptions somewhere between 150 and 320.
SUMMARY_LENGTH = 300
# Of a blurb in a list of articles: two or three lines.
EXCERPT_LENGTH = 200


def render_html(issue: Issue) -> SafeString:
    """The intro, the sponsor's message, articles, outages and corrections. Every address in it is absolute."""
    return render_to_string("issues/_contents.html", {"issue": issue})


def summarize(issue: Issue) -> str:
    """The intro as plain text, else the titles of the articles; cut at a word. Never the sponsor's message."""
    titles = [article.title for article in issue.printed_entries if article.title]
    text = plain_text(render_markdown(issue.intro)) or "; ".join(titles)
    return _cut(text, SUMMARY_LENGTH)


def reading_minutes(issue: Issue) -> int:
    """Of the intro and the articles; never of the sponsor's message. At least one."""
    articles = issue.printed_entries
    texts = [issue.intro, *(text for article in articles for text in (article.title, article.blurb))]
    words = sum(len(plain_text(render_markdown(text)).split()) for text in texts)
    return max(1, round(words / READING_SPEED))


def excerpt(text: str) -> str:
    """The beginning of Markdown as plain text of at most EXCERPT_LENGTH characters, cut at a word."""
    return _cut(plain_text(render_markdown(text)), EXCERPT_LENGTH)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(maxsplit=1)[0] + "…"
