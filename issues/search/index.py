"""Build the rows that search reads. issues/changes.py calls index_issues() after anything printed was saved."""

from collections.abc import Iterator
from itertools import batched

from django.db import transaction
from django.db.models.expressions import RawSQL

from issues.models.articles import Article
from issues.models.issues import Issue, IssueQuerySet
from issues.models.search import SearchText
from issues.search.words import words_of
from text.markdown import plain_text, render_markdown

BATCH = 100
# Characters. The spelling of shorter words is not corrected: too many words are like them.
SHORTEST_WORD = 4
# Of title, text, credits and the rest; the title weighs most. Not SearchVector: Django compiles each row's expression
# again, and that takes ten times as long for four of them.
_VECTOR = " || ".join(f"setweight(to_tsvector('english', %s), '{weight}')" for weight in "ABCD")


def reindex(issues: IssueQuerySet) -> None:
    """Rebuild the search rows of these issues, a hundred issues at a time. Eleven queries for each hundred."""
    for keys in batched(issues.order_by("pk").values_list("pk", flat=True), BATCH, strict=False):
        with transaction.atomic():
            locked = Issue.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
            # A second process that indexes the same issue waits here, and then replaces the rows of the first.
            list(locked.values_list("pk"))
            loaded = list(Issue.objects.filter(pk__in=keys).with_contents())
            # A moved article may have left a row in its former issue. This is a query of its own, because an OR across
            # the tables takes minutes while PostgreSQL has no statistics.
            articles = [article.pk for issue in loaded for article in issue.articles.all()]
            SearchText.objects.filter(article__in=articles).delete()
            index_issues(loaded)


def index_issues(issues: list[Issue]) -> None:
    """Build the search rows of locked issues that were loaded with_contents().

    Drafts have rows too, for the moment when they are published. Two queries for any number of issues.
    """
    if not issues:
        return
    SearchText.objects.filter(issue__in=issues).delete()
    SearchText.objects.bulk_create([row for issue in issues for row in _rows(issue)])


def _rows(issue: Issue) -> Iterator[SearchText]:
    """Return a row for the intro and one for each entry, in print order. Sponsors' messages are not indexed."""
    vocabulary: set[str] = set()

    def row(article: Article | None, title: str, markdown: str, credits: str, rest: str) -> SearchText:
        text = plain_text(render_markdown(markdown))
        printed = [words_of(part) for part in (title, text, credits)]
        vector = RawSQL(_VECTOR, [" ".join(words) for words in (*printed, words_of(rest))])  # noqa: S611
        vocabulary.update(word for words in printed for word in words if len(word) >= SHORTEST_WORD and word.isalpha())
        return SearchText(issue=issue, article=article, text=text, vector=vector)

    # Titles of issues weigh least: each contains the newsletter's name, and would come before articles about it.
    own = row(None, "", issue.intro, "", issue.title)
    yield own
    for article in issue.printed_entries:
        yield row(article, article.title, article.blurb, _credits(article), article.canonical_url)
    own.words = sorted(vocabulary)


def _credits(article: Article) -> str:
    names = [author.name for author in article.credited_authors] + [tag.name for tag in article.printed_tags]
    return " ".join([article.byline, str(article.publication or ""), *names])
