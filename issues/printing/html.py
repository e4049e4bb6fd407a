"""Print an issue as HTML: one fragment for the page, the feed and the mail. Also its summary and reading time.

These functions take issues loaded by Issue.objects.with_contents(), and make no query.
"""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from issues.models.issues import Issue
from text.markdown import plain_text, render_markdown

# Words a minute. Brysbaert 2019 measured 238 for silent reading of English non-fiction; names take longer.
READING_SPEED = 230
# Characters. Search engines and feed readers cut descriptions after 150 to 320.
SUMMARY_LENGTH = 300
# Characters of a blurb in a list of articles: two or three lines.
EXCERPT_LENGTH = 200


def render_html(issue: Issue) -> SafeString:
    """Return the intro, sponsors' messages, articles, outages and corrections. Every address in it is absolute."""
    return render_to_string("issues/_contents.html", {"issue": issue})


def summarize(issue: Issue) -> str:
    """Return the intro as plain text, or the articles' titles if there is none, cut at a word."""
    titles = [article.title for article in issue.printed_entries if article.title]
    text = plain_text(render_markdown(issue.intro)) or "; ".join(titles)
    return _cut(text, SUMMARY_LENGTH)


def reading_minutes(issue: Issue) -> int:
    """Estimate how many minutes the intro, titles and blurbs take to read: at least one."""
    articles = issue.articles.all()
    texts = [article.title for article in articles]
    texts += [plain_text(render_markdown(text)) for text in (issue.intro, *(article.blurb for article in articles))]
    return max(1, round(sum(len(text.split()) for text in texts) / READING_SPEED))


def excerpt(text: str) -> str:
    """Return the beginning of Markdown as plain text of at most EXCERPT_LENGTH characters, cut at a word."""
    return _cut(plain_text(render_markdown(text)), EXCERPT_LENGTH)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(maxsplit=1)[0] + "…"
