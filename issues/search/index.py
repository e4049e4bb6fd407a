"""Build the rows that search reads. issues/changes.py calls index_issues() after anything printed was saved."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import batched
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.expressions import RawSQL

from issues.models.articles import Article
from issues.models.issues import Issue, IssueQuerySet
from issues.models.search import SearchText
from text.markdown import plain_text, render_markdown
from text.words import Token, lexeme, tokens_of, words_of

BATCH = 100
# Characters. The spelling of shorter words is not corrected: too many words are like them.
SHORTEST_WORD = 4
# A digest of the code that decides what the rows hold. Rows that were built by other code are built again.
_CODE = ("text/folding.py", "text/words.py", "issues/search/index.py")
RULES = sha256(b"".join(Path(settings.BASE_DIR, path).read_bytes() for path in _CODE)).hexdigest()[:16]
# Bytes. PostgreSQL takes no longer words.
_LONGEST_LEXEME = 2046
# The title weighs most, then text, credits and the rest.
_WEIGHTS = "ABCD"
# Each word as PostgreSQL stems it, with its places. What has a digit is its own, as in to_tsquery('english', …).
_VECTOR = """(
    SELECT coalesce(string_agg(stem || ':' || places, ' '), '')::tsvector
    FROM unnest(%s::text[], %s::text[]) AS kept (word, places),
        unnest(CASE WHEN word ~ '[0-9]' THEN ARRAY[word] ELSE ts_lexize('english_stem', word) END) AS stem
)"""


def reindex_outdated() -> None:
    """Rebuild the rows that an earlier version of the code has built. One query if there are none."""
    reindex(Issue.objects.filter(pk__in=SearchText.objects.exclude(rules=RULES).values("issue")))


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
        *printed, address = [list(tokens_of(part)) for part in (title, text, credits, rest)]
        single = (token for tokens in printed for token in tokens if not token.is_paired)
        vocabulary.update(part for token in single for part in token.parts if part.isalpha())
        return SearchText(issue=issue, article=article, text=text, vector=_vector([*printed, address]), rules=RULES)

    # Titles of issues weigh least: each contains the newsletter's name, and would come before articles about it.
    own = row(None, "", issue.intro, "", issue.title)
    yield own
    for article in issue.printed_entries:
        yield row(article, article.title, article.blurb, _credits(article), article.canonical_url)
    own.words = sorted(word for word in vocabulary if len(word) >= SHORTEST_WORD)


def _vector(texts: list[list[Token]]) -> RawSQL:
    """Return the expression of a vector. Not SearchVector, which lets PostgreSQL split the words."""
    kept: dict[str, list[str]] = {}
    place = 1
    for weight, tokens in zip(_WEIGHTS, texts, strict=True):
        for token in tokens:
            for word, offset in words_of(token):
                kept.setdefault(lexeme(word), []).append(f"{place + offset}{weight}")
            place += token.length
        place += 1  # A phrase does not go on in the next text.
    words = [word for word in kept if len(word) <= _LONGEST_LEXEME]
    return RawSQL(_VECTOR, [words, [",".join(kept[word]) for word in words]])  # noqa: S611


def _credits(article: Article) -> str:
    names = [author.name for author in article.credited_authors] + [tag.name for tag in article.printed_tags]
    return " ".join([article.byline, str(article.publication or ""), *names])
